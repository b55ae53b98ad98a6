// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.chunk.BatchRun;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/**
 * The committed batches of one partition, made by tests, as headers with chance behind them, and parts of it sealed. Confined
 * to one thread.
 */
final class Log {

    static final ObjectKey ROOT = new ObjectKey("space/cluster");
    static final String TOPIC = "orders.eu";
    static final PartitionId ID = new PartitionId(UUID.fromString("01234567-89ab-cdef-0123-456789abcdef"), 3);
    static final long CREATED = 1_700_000_000_000L;

    private final List<RecordBatch> batches = new ArrayList<>();
    private final Random random = new Random(7);
    private long endOffset;
    private int epoch;

    Log() {}

    Log(long baseOffset) {
        endOffset = baseOffset;
    }

    Log epoch(int newEpoch) {
        epoch = newEpoch;
        return this;
    }

    /** Appends a batch of so many records and about so many bytes. */
    Log batch(int records, int payload, long maxTimestamp) {
        return batch(records, payload, maxTimestamp, -1, -1, -1);
    }

    Log batch(int records, int payload, long maxTimestamp, long producerId, int producerEpoch, int sequence) {
        ByteBuffer out = ByteBuffer.allocate(RecordBatch.HEADER_BYTES + payload);
        out.putLong(endOffset)
                .putInt(out.capacity() - 12)
                .putInt(epoch)
                .put((byte) 2)
                .putInt(0);
        out.putShort((short) 0).putInt(records - 1).putLong(maxTimestamp).putLong(maxTimestamp);
        out.putLong(producerId).putShort((short) producerEpoch).putInt(sequence).putInt(records);
        byte[] chance = new byte[Math.min(payload, 64)];
        random.nextBytes(chance);
        out.put(chance).position(0).limit(out.capacity());
        RecordBatch batch = RecordBatch.at(TestBatch.sealed(out), 0);
        batches.add(batch);
        endOffset = batch.nextOffset();
        return this;
    }

    List<RecordBatch> batches() {
        return batches;
    }

    long endOffset() {
        return endOffset;
    }

    /** The batches of a range, which begins and ends with whole ones. */
    BatchRun run(long from, long end) {
        return new BatchRun(batches.subList(placeOf(from), placeOf(end)));
    }

    private int placeOf(long baseOffset) {
        int low = 0;
        int high = batches.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (batches.get(middle).baseOffset() >= baseOffset) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    static SegmentName name(long baseOffset, long endOffset, int epoch) {
        return new SegmentName(TOPIC, ID, baseOffset, endOffset - 1, epoch);
    }

    /** Writes a segment of a range, of the log's present epoch. */
    SegmentIndex seal(ObjectStore store, long from, long end, SealedState before) {
        return seal(store, name(from, end, epoch), before);
    }

    SegmentIndex seal(ObjectStore store, SegmentName name, SealedState before) {
        try (SegmentWriter writer = new SegmentWriter(store, ROOT, name, CREATED, before)) {
            writer.add(run(name.baseOffset(), name.endOffset()));
            return writer.finish();
        }
    }

    /** Seals all of it, batch for batch or several in a segment, each going on from the one before. */
    List<SegmentIndex> sealAll(ObjectStore store, int batchesOfSegment) {
        List<SegmentIndex> sealed = new ArrayList<>();
        SealedState before = SealedState.NONE;
        for (int i = 0; i < batches.size(); i += batchesOfSegment) {
            int last = Math.min(batches.size(), i + batchesOfSegment) - 1;
            sealed.add(
                    seal(store, batches.get(i).baseOffset(), batches.get(last).nextOffset(), before));
            before = state(store, sealed.getLast().name());
        }
        return sealed;
    }

    static SealedState state(ObjectStore store, SegmentName name) {
        return new IndexReader(store, ROOT).content(name).state();
    }

    static ByteBuffer object(ObjectStore store, ObjectKey key) {
        return store.readTail(key, 64 << 20);
    }

    /** All keys of the store. */
    static List<String> keys(ObjectStore store) {
        return store.list("", "", ObjectStore.MAX_LISTING).stream()
                .map(info -> info.key().value().substring(info.key().value().lastIndexOf('/') + 1))
                .toList();
    }
}
