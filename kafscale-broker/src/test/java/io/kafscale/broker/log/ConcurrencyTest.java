// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.flush.LogLimits;
import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.log.AppendResult.Accepted;
import io.kafscale.broker.read.ReadResult;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.Signal;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many producers and readers on few partitions: every record is read once, at the offset it was acknowledged at, in order. */
final class ConcurrencyTest {

    private static final int PARTITIONS = 3;
    private static final int PRODUCERS = 6;
    private static final int READERS = 2;
    private static final int BATCHES = 150;

    private final LogRig rig = new LogRig();

    @AfterEach
    void stop() {
        rig.close();
    }

    /** With so many bytes of cache nothing, something or everything is read from memory. */
    @ParameterizedTest
    @ValueSource(ints = {0, 20_000, 100_000_000})
    void everyRecordIsReadOnceAndInOrder(int cacheBytes) throws Exception {
        rig.limits(new LogLimits(Duration.ofMillis(1), 3_000, 4, 20_000, cacheBytes, 1 << 20, Duration.ofMinutes(30)));
        PartitionLogs logs = rig.start();
        rig.open(logs, IntStream.range(0, PARTITIONS).toArray());
        List<Pending<List<String>>> producers = new ArrayList<>();
        List<Pending<List<String>>> readers = new ArrayList<>();
        for (int p = 0; p < PARTITIONS; p++) {
            PartitionLog log = logs.find(LogRig.partition(p)).orElseThrow();
            for (int i = 0; i < PRODUCERS; i++) {
                int producer = i;
                producers.add(start(() -> produce(log, producer)));
            }
            for (int i = 0; i < READERS; i++) {
                readers.add(start(() -> consume(log)));
            }
        }

        for (int p = 0; p < PARTITIONS; p++) {
            List<String> acknowledged = new ArrayList<>();
            for (int i = 0; i < PRODUCERS; i++) {
                acknowledged.addAll(result(producers.get(p * PRODUCERS + i)));
            }
            for (int i = 0; i < READERS; i++) {
                List<String> read = result(readers.get(p * READERS + i));
                assertThat(read).containsExactlyInAnyOrderElementsOf(acknowledged);
                assertInOrder(read);
            }
        }
    }

    @FunctionalInterface
    private interface Body {
        List<String> run() throws InterruptedException;
    }

    private Pending<List<String>> start(Body body) {
        Pending<List<String>> result = new Pending<>();
        rig.threads.start("test", () -> {
            try {
                result.complete(body.run());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException | AssertionError e) {
                result.complete(List.of("failed: " + e));
            }
        });
        return result;
    }

    private List<String> result(Pending<List<String>> pending) throws InterruptedException {
        return pending.await(rig.clock, rig.soon()).orElseThrow();
    }

    /** Up to five batches in flight, each sent twice now and then, as an idempotent producer does. */
    private List<String> produce(PartitionLog log, int producer) throws InterruptedException {
        List<String> acknowledged = new ArrayList<>();
        List<AppendResult> flying = new ArrayList<>();
        for (int i = 0; i < BATCHES; i++) {
            flying.add(rig.append(log, batch(producer, i)));
            if (i % 7 == 0) {
                flying.add(rig.append(log, batch(producer, i)));
            }
            if (flying.size() >= 5) {
                settle(flying, acknowledged);
            }
        }
        settle(flying, acknowledged);
        return acknowledged.stream().distinct().toList();
    }

    private static TestBatch batch(int producer, int number) {
        return TestBatch.of(producer + ":" + number * 2, producer + ":" + (number * 2 + 1))
                .producer(100 + producer, 0, number * 2);
    }

    private void settle(List<AppendResult> flying, List<String> acknowledged) throws InterruptedException {
        for (AppendResult result : flying) {
            Outcome outcome =
                    ((Accepted) result).outcome().await(rig.clock, rig.soon()).orElseThrow();
            long base = ((Outcome.Committed) outcome).baseOffset();
            acknowledged.add("batch at " + base);
        }
        flying.clear();
    }

    private List<String> consume(PartitionLog log) throws InterruptedException {
        List<String> batches = new ArrayList<>();
        Signal signal = new Signal();
        log.subscribe(signal);
        int[] numbers = new int[PRODUCERS];
        long next = 0;
        while (next < (long) PRODUCERS * BATCHES * 2) {
            ReadResult.Records read = (ReadResult.Records) log.read(next, 2_000, true);
            for (ByteBuffer batch : read.batches()) {
                assertThat(batch.getLong(0)).isEqualTo(next);
                for (String value : TestBatch.valuesOf(batch)) {
                    int producer = value.charAt(0) - '0';
                    assertThat(value).isEqualTo(producer + ":" + numbers[producer]++);
                    next++;
                }
                assertThat(next).isLessThanOrEqualTo(read.highWatermark());
                batches.add("batch at " + batch.getLong(0));
            }
            if (read.batches().isEmpty()) {
                signal.await(rig.clock, Deadline.after(rig.clock, Duration.ofMinutes(10)));
            }
        }
        log.unsubscribe(signal);
        return batches;
    }

    private static void assertInOrder(List<String> batches) {
        for (int i = 0; i < batches.size(); i++) {
            assertThat(batches.get(i)).isEqualTo("batch at " + i * 2L);
        }
    }
}
