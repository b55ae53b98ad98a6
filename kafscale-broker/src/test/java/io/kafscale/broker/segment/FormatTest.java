// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.record.SlowCrc32c;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.SystemClock;
import io.kafscale.proto.log.SegmentState;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The bytes stand where the documentation says they do; read here without the code under test. */
final class FormatTest {

    private final ObjectStore store = new MemoryObjectStore(new SystemClock());

    /** Three batches of 5,000, 100 and 5,000 bytes, the last two of a new epoch; the middle one is from the future. */
    private static Log log() {
        return new Log(1_000)
                .epoch(4)
                .batch(10, 4_939, 50_000, 77, 1, 5)
                .epoch(6)
                .batch(1, 39, 90_000)
                .batch(2, 4_939, 60_000, 77, 2, 0);
    }

    private static byte[] copy(ByteBuffer bytes, int at, int length) {
        byte[] copy = new byte[length];
        bytes.get(at, copy);
        return copy;
    }

    private static String text(ByteBuffer bytes, int at, int length) {
        return new String(copy(bytes, at, length), StandardCharsets.ISO_8859_1);
    }

    private static String hex(ByteBuffer bytes, int at, int length) {
        return HexFormat.of().formatHex(copy(bytes, at, length));
    }

    @Test
    void aSegmentIsHeaderBatchesFooter() {
        Log log = log();
        SegmentIndex index = log.seal(store, 1_000, 1_013, SealedState.NONE);
        ByteBuffer kfs = Log.object(store, index.name().segmentKey(Log.ROOT));

        assertThat(kfs.remaining()).isEqualTo(32 + 10_100 + 16);
        assertThat(hex(kfs, 0, 32))
                .isEqualTo("4b414653" + "0001" + "0000" + "00000000000003e8" + "0000000d" + "0000018bcfe56800"
                        + "00000000");
        int at = 32;
        for (var batch : log.batches()) {
            assertThat(kfs.slice(at, batch.sizeBytes())).isEqualTo(batch.bytes());
            at += batch.sizeBytes();
        }
        assertThat(kfs.getInt(at)).isEqualTo(SlowCrc32c.of(kfs.slice(32, 10_100)));
        assertThat(kfs.getLong(at + 4)).isEqualTo(1_012);
        assertThat(text(kfs, at + 12, 4)).isEqualTo("END!");
    }

    @Test
    void anIndexBeginsWithEntriesThatAnyProgramReads() {
        SegmentIndex index = log().seal(store, 1_000, 1_013, SealedState.NONE);
        ByteBuffer idx = Log.object(store, index.name().indexKey(Log.ROOT));

        assertThat(hex(idx, 0, 16)).isEqualTo("49445800" + "0001" + "00000002" + "00001000" + "0000");
        assertThat(idx.getLong(16)).isEqualTo(1_000);
        assertThat(idx.getInt(24)).isEqualTo(32);
        assertThat(idx.getLong(28)).isEqualTo(1_010);
        assertThat(idx.getInt(36)).isEqualTo(32 + 5_000);
    }

    @Test
    void anIndexEndsWithSectionsAndATrailer() throws Exception {
        SealedState before =
                new SealedState(1_000, SegmentState.getDefaultInstance(), TimeMarks.NONE.with(400, 99_000));
        SegmentIndex index = log().seal(store, 1_000, 1_013, before);
        ByteBuffer kfs = Log.object(store, index.name().segmentKey(Log.ROOT));
        ByteBuffer idx = Log.object(store, index.name().indexKey(Log.ROOT));
        int t = idx.remaining() - 104;
        int state = idx.getInt(t + 60);
        int blocks = state + idx.getInt(t + 64);
        int marks = blocks + 28 * idx.getInt(t + 72);

        assertThat(hex(idx, t, 16)).isEqualTo("0123456789abcdef0123456789abcdef");
        assertThat(idx.getInt(t + 16)).isEqualTo(3);
        assertThat(idx.getInt(t + 20)).isEqualTo(6);
        assertThat(idx.getLong(t + 24)).isEqualTo(1_000);
        assertThat(idx.getLong(t + 32)).isEqualTo(1_012);
        assertThat(idx.getLong(t + 40)).isEqualTo(kfs.remaining());
        assertThat(idx.getInt(t + 48)).isEqualTo(kfs.getInt(kfs.remaining() - 16));
        assertThat(idx.getLong(t + 52)).isEqualTo(90_000);
        assertThat(state).isEqualTo(16 + 2 * 12);
        assertThat(idx.getInt(t + 68)).isEqualTo(SlowCrc32c.of(idx.slice(state, blocks - state)));
        assertThat(idx.getInt(t + 72)).isEqualTo(1);
        assertThat(idx.getInt(t + 76)).isEqualTo(SlowCrc32c.of(idx.slice(blocks, 28)));
        assertThat(idx.getInt(t + 80)).isEqualTo(2);
        assertThat(idx.getInt(t + 84)).isEqualTo(SlowCrc32c.of(idx.slice(marks, 32)));
        assertThat(marks + 32).isEqualTo(t);
        assertThat(idx.getInt(t + 88)).isEqualTo(SlowCrc32c.of(idx.slice(0, t)));
        assertThat(idx.getInt(t + 92)).isEqualTo(SlowCrc32c.of(idx.slice(t, 92)));
        assertThat(idx.getShort(t + 96)).isEqualTo((short) 1);
        assertThat(idx.getShort(t + 98)).isEqualTo((short) 0);
        assertThat(text(idx, t + 100, 4)).isEqualTo("KSI!");

        assertThat(idx.getLong(blocks)).isEqualTo(1_000);
        assertThat(idx.getLong(blocks + 8)).isEqualTo(90_000);
        assertThat(idx.getInt(blocks + 16)).isEqualTo(32);
        assertThat(idx.getInt(blocks + 20)).isEqualTo(10_100);
        assertThat(idx.getInt(blocks + 24)).isEqualTo(SlowCrc32c.of(kfs.slice(32, 10_100)));

        assertThat(idx.getLong(marks)).isEqualTo(400);
        assertThat(idx.getLong(marks + 8)).isEqualTo(99_000);
        assertThat(idx.getLong(marks + 16)).isEqualTo(1_013);
        assertThat(idx.getLong(marks + 24)).isEqualTo(90_000);

        SegmentState message = SegmentState.parseFrom(idx.slice(state, blocks - state));
        assertThat(message.getEpochsList())
                .extracting(epoch -> epoch.getLeaderEpoch() + "@" + epoch.getStartOffset())
                .containsExactly("4@1000", "6@1010");
        assertThat(message.getProducersList()).hasSize(1);
        assertThat(message.getProducers(0).getSealedMs()).isEqualTo(Log.CREATED);
        assertThat(message.getProducers(0).getTail().getProducerEpoch()).isEqualTo(2);
        assertThat(message.getProducers(0).getTail().getBatches(0).getBaseOffset())
                .isEqualTo(1_011);
    }

    @Test
    void everyFlippedBitOfAnIndexIsFound() {
        SegmentIndex index = log().seal(store, 1_000, 1_013, SealedState.NONE);
        ByteBuffer idx = Log.object(store, index.name().indexKey(Log.ROOT));

        for (int bit = 0; bit < idx.remaining() * 8; bit++) {
            int at = bit / 8;
            byte mask = (byte) (1 << (bit % 8));
            idx.put(at, (byte) (idx.get(at) ^ mask));
            assertCorrupt(index.name(), idx);
            idx.put(at, (byte) (idx.get(at) ^ mask));
        }
        assertThat(IndexImage.parse(index.name(), idx).index().sameSegmentAs(index))
                .isTrue();
    }

    @Test
    void everyCutIndexIsFound() {
        SegmentIndex index = log().seal(store, 1_000, 1_013, SealedState.NONE);
        ByteBuffer idx = Log.object(store, index.name().indexKey(Log.ROOT));

        for (int length = 0; length < idx.remaining(); length++) {
            assertCorrupt(index.name(), idx.slice(0, length));
        }
        for (int from = 1; from < idx.remaining(); from++) {
            assertCorrupt(index.name(), idx.slice(from, idx.remaining() - from));
        }
        ByteBuffer longer = ByteBuffer.allocate(idx.remaining() + 12);
        assertCorrupt(index.name(), longer.put(12, idx, 0, idx.remaining()));
    }

    @Test
    void anIndexOfAnotherSegmentIsRefused() {
        SegmentIndex index = log().seal(store, 1_000, 1_013, SealedState.NONE);
        ByteBuffer idx = Log.object(store, index.name().indexKey(Log.ROOT));

        assertCorrupt(Log.name(1_000, 1_013, 7), idx);
        assertCorrupt(Log.name(1_000, 1_012, 6), idx);
        assertCorrupt(Log.name(999, 1_013, 6), idx);
    }

    /** Counts that lie, under checksums that do not. */
    @Test
    void hostileCountsAreRefusedBeforeAnythingIsMadeOfThem() {
        SegmentIndex index = log().seal(store, 1_000, 1_013, SealedState.NONE);
        ByteBuffer good = Log.object(store, index.name().indexKey(Log.ROOT));
        int t = good.remaining() - 104;
        for (int field : new int[] {40, 44, 60, 64, 72, 80}) {
            for (int value : new int[] {Integer.MIN_VALUE, -1, 0, 1, 3, 1 << 20, Integer.MAX_VALUE}) {
                ByteBuffer idx = ByteBuffer.allocate(good.remaining()).put(good.duplicate());
                if (idx.getInt(t + field) == value) {
                    continue;
                }
                idx.putInt(t + field, value);
                idx.putInt(t + 92, SlowCrc32c.of(idx.slice(t, 92)));
                assertCorrupt(index.name(), idx.flip());
            }
        }
    }

    private static void assertCorrupt(SegmentName name, ByteBuffer bytes) {
        assertThatThrownBy(() -> IndexImage.parse(name, bytes.duplicate()))
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.kind()).isEqualTo(StorageException.Kind.CORRUPT));
    }
}
