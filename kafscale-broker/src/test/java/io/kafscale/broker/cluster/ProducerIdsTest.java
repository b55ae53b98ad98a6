// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ProducerIdsTest {

    private final ManualClock clock = new ManualClock();
    private final CountingStore store = new CountingStore(new MemoryMetadataStore(clock));
    private final SystemThreads threads = new SystemThreads();

    @AfterEach
    void close() {
        threads.close();
        store.close();
    }

    private ProducerIds ids() {
        return new ProducerIds(new ClusterEnvironment(store, TestBroker.KEYS, clock, threads, new Random(1)));
    }

    @Test
    void countsUpWithOneTransactionForAThousand() {
        ProducerIds ids = ids();
        for (long expected = 0; expected < 2_500; expected++) {
            assertThat(ids.next()).isEqualTo(expected);
        }

        assertThat(store.transactions).hasValue(3);
    }

    @Test
    void aRestartNeverGivesAnIdAgain() {
        long last = ids().next();

        assertThat(ids().next()).isEqualTo(last + 1_000);
    }

    @Test
    void twoBrokersAndManyThreadsNeverGetTheSame() throws InterruptedException {
        Set<Long> seen = ConcurrentHashMap.newKeySet();
        List<Thread> running = new ArrayList<>();
        for (ProducerIds ids : List.of(ids(), ids())) {
            for (int thread = 0; thread < 4; thread++) {
                running.add(threads.start("taker", () -> {
                    for (int i = 0; i < 1_500; i++) {
                        seen.add(ids.next());
                    }
                }));
            }
        }
        for (Thread thread : running) {
            thread.join();
        }

        assertThat(seen).hasSize(2 * 4 * 1_500);
    }
}
