// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.chunk.CommitRecord;
import io.kafscale.broker.chunk.Footers;
import io.kafscale.broker.merge.DeadRecords;
import io.kafscale.broker.merge.MergeLimits;
import io.kafscale.broker.merge.Merging;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.read.ReadResult;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Objects that somebody else has merged, or that are lost. */
final class WhereaboutsTest {

    private static final MergeLimits LIMITS = new MergeLimits(100, 4, 3, 100_000, 2_000, 1 << 20, Duration.ofHours(10));

    private final LogRig rig = new LogRig();
    private final HookedMetadata metadata = new HookedMetadata(rig.metadata);
    private final AtomicInteger gets = new AtomicInteger();

    @AfterEach
    void stop() {
        rig.close();
    }

    /** What an earlier broker has written, served by one that has nothing of it in memory. */
    private PartitionLog takenOver(List<String> all) throws InterruptedException {
        PartitionLog log = rig.openOne(0);
        for (int i = 0; i < 12; i++) {
            all.add(rig.commit(log, TestBatch.of("v" + i)) + "=v" + i);
        }
        metadata.onGet(real -> {
            gets.incrementAndGet();
            return real.get();
        });
        rig.around(real -> real, real -> metadata);
        PartitionLog next = rig.openOne(0);
        gets.set(0);
        return next;
    }

    /** Another broker merges what the first has left, and the old objects go, although nobody tells who serves. */
    private void mergeElsewhere() throws InterruptedException {
        Token other = rig.registerAs(5);
        Merging merging = new Merging(
                new Footers(rig.objects, rig.clock, 1 << 20), LIMITS, chunk -> true, new LeftRecordsTest.NoMoves());
        KeyValue head = rig.metadata.range(rig.keys.heads()).all().getFirst();
        String incarnation = head.key().substring(rig.keys.heads().length());
        DeadRecords.Outcome outcome = new DeadRecords(rig.environment(), merging)
                .tend(
                        other,
                        head,
                        rig.metadata.range(rig.keys.commits(incarnation)).all());
        assertThat(outcome).isEqualTo(DeadRecords.Outcome.DONE);
        collectGarbage();
    }

    private void collectGarbage() {
        Set<ObjectKey> named = rig.metadata.range(rig.keys.commits()).all().stream()
                .map(entry -> CommitRecord.parse(entry.key(), entry.value()).object())
                .collect(Collectors.toSet());
        rig.objects.delete(rig.objects.list("default/test/shared/", "", 1000).stream()
                .map(ObjectInfo::key)
                .filter(key -> !named.contains(key))
                .toList());
    }

    @Test
    void whatSomebodyElseHasMergedIsFoundAgain() throws Exception {
        List<String> all = new ArrayList<>();
        PartitionLog log = takenOver(all);
        mergeElsewhere();

        assertThat(LogRig.readAll(log, 0, 300)).isEqualTo(all);
        assertThat(gets.get()).isPositive();
    }

    @Test
    void whatIsWhereItWasCostsNoLookIntoTheMetadata() throws Exception {
        List<String> all = new ArrayList<>();
        PartitionLog log = takenOver(all);

        assertThat(LogRig.readAll(log, 0, 300)).isEqualTo(all);
        assertThat(gets).hasValue(0);
    }

    @Test
    void forWhatIsLostTheMetadataIsAskedOnceInAWhile() throws Exception {
        PartitionLog log = takenOver(new ArrayList<>());
        rig.objects.delete(rig.objects.list("default/test/shared/", "", 1000).stream()
                .map(ObjectInfo::key)
                .toList());

        // the clock hurries: even so, far fewer looks than reads
        for (int i = 0; i < 1_000; i++) {
            assertThat(log.read(3, 300, true)).isInstanceOf(ReadResult.Failed.class);
        }
        assertThat(gets.get()).isBetween(1, 400);
    }

    @Test
    void whatIsBackIsReadAgain() throws Exception {
        List<String> all = new ArrayList<>();
        PartitionLog log = takenOver(all);
        List<ObjectInfo> gone = rig.objects.list("default/test/shared/", "", 1000);
        List<java.nio.ByteBuffer> bytes = gone.stream()
                .map(info -> rig.objects.read(info.key(), 0, (int) info.sizeBytes()))
                .toList();
        rig.objects.delete(gone.stream().map(ObjectInfo::key).toList());
        assertThat(log.read(3, 300, true)).isInstanceOf(ReadResult.Failed.class);
        for (int i = 0; i < gone.size(); i++) {
            rig.objects.put(gone.get(i).key(), List.of(bytes.get(i)));
        }

        assertThat(LogRig.readAll(log, 0, 300)).isEqualTo(all);
    }
}
