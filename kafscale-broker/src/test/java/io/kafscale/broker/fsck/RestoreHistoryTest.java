// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.record.TestBatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Brokers come and go by chance, seal, write in vain; then the metadata is lost, or set back to a moment of the past. What was
 * acknowledged is there afterwards, at its old offsets.
 */
final class RestoreHistoryTest {

    private static final int PARTITIONS = 3;

    private final List<TreeMap<Long, String>> acknowledged = new ArrayList<>();
    private final List<Map<String, ByteString>> past = new ArrayList<>();
    private final Map<Integer, PartitionLog> open = new HashMap<>();
    private int values;

    @ParameterizedTest
    @ValueSource(
            longs = {
                1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
                29, 30
            })
    void bringsBackWhatWasAcknowledged(long seed) throws Exception {
        Random random = new Random(seed);
        for (int i = 0; i < PARTITIONS; i++) {
            acknowledged.add(new TreeMap<>());
        }
        try (FsckRig rig = new FsckRig()) {
            for (int round = 0; round < 2; round++) {
                live(rig, random);
                lose(rig, random);
                TestReport report = rig.restore();
                assertThat(report.problems).as("restore, seed %s", seed).isEmpty();
                assertThat(rig.check().problems).as("check, seed %s", seed).isEmpty();
                compare(rig, seed);
            }
        }
    }

    private void live(FsckRig rig, Random random) throws Exception {
        PartitionLogs broker = rig.start();
        open.clear();
        for (int step = 0; step < 25; step++) {
            int partition = random.nextInt(PARTITIONS);
            switch (random.nextInt(10)) {
                case 0 -> {
                    broker = rig.start();
                    open.clear();
                }
                case 1 -> {
                    rig.appendInVain(opened(rig, broker, partition), batch(random));
                    broker = rig.start();
                    open.clear();
                }
                case 2 -> seal(rig, opened(rig, broker, partition), random);
                case 3 -> past.add(rig.snapshot());
                case 4 -> new MetadataBackup(rig.environment()).write();
                default -> append(rig, opened(rig, broker, partition), batch(random));
            }
        }
        rig.start(); // the counter is ahead of all that was noted
        rig.stop();
    }

    private PartitionLog opened(FsckRig rig, PartitionLogs broker, int partition) {
        return open.computeIfAbsent(partition, number -> rig.open(broker, number));
    }

    private TestBatch batch(Random random) {
        String[] texts = new String[1 + random.nextInt(3)];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = "value-" + ++values;
        }
        return TestBatch.of(texts);
    }

    private void append(FsckRig rig, PartitionLog log, TestBatch batch) throws InterruptedException {
        long offset = rig.commit(log, batch);
        for (String value : TestBatch.valuesOf(batch.bytes())) {
            acknowledged.get(log.id().partition()).put(offset++, value);
        }
    }

    /** Also leaves strays: segments that no state has come to name. */
    private static void seal(FsckRig rig, PartitionLog log, Random random) throws InterruptedException {
        long from = rig.state(log.id().partition()).getSealedThrough();
        if (log.highWatermark() > from) {
            long end = from + 1 + random.nextLong(log.highWatermark() - from);
            if (random.nextInt(4) == 0) {
                rig.writeSegment(log, from, end);
            } else {
                rig.seal(log, end);
            }
        }
    }

    private void lose(FsckRig rig, Random random) {
        boolean isWiped = past.isEmpty() || random.nextInt(3) == 0;
        rig.setBack(isWiped ? Map.of() : past.get(random.nextInt(past.size())));
        if (!isWiped) {
            rig.stop();
        }
    }

    private void compare(FsckRig rig, long seed) throws InterruptedException {
        PartitionLogs broker = rig.start();
        open.clear();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            PartitionLog log = opened(rig, broker, partition);
            assertThat(rig.contents(log))
                    .as("partition %s, seed %s", partition, seed)
                    .containsAllEntriesOf(acknowledged.get(partition));
            append(rig, log, TestBatch.of("after-" + ++values));
        }
        rig.stop();
        assertThat(rig.check().problems).as("later, seed %s", seed).isEmpty();
    }
}
