// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.metadata.Watch;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.proto.metadata.Owner;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class StrayKeysTest {

    private final ManualClock clock = new ManualClock();
    private final MetadataStore store = new MemoryMetadataStore(clock);

    @AfterEach
    void closeStore() {
        store.close();
    }

    @Test
    @Timeout(10)
    void anOwnerKeyThatTheBrokerDoesNotKnowToHoldIsGivenUpAtOnce() throws InterruptedException {
        try (TestBroker broker = new TestBroker(store, clock, 0).start()) {
            clock.awaitWaiting(TestBroker.THREADS_AT_REST);
            Token token = broker.cluster.ownership().token();
            String key = TestBroker.KEYS.partitionOwner(new PartitionId(new UUID(1, 2), 0));
            Owner late = Owner.newBuilder()
                    .setBrokerId(0)
                    .setIncarnation(token.incarnation())
                    .build();
            TransactionResult result = store.commit(Transaction.when()
                    .put(key, late.toByteString(), token.lease())
                    .build());
            long revision = ((TransactionResult.Applied) result).revision();

            try (Watch watch = store.watch(key, revision + 1)) {
                assertThat(watch.next(Deadline.NEVER))
                        .isEqualTo(new Watch.Event.Changed(revision + 1, List.of(new Watch.KeyChange.Deleted(key))));
            }
        }
    }
}
