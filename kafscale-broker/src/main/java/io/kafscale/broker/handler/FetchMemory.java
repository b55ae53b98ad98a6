// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.bounds.Share;
import io.kafscale.broker.protocol.SlicedRecords;
import io.kafscale.broker.time.Deadline;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;

/**
 * The memory that the records of fetch answers keep from being freed, from before they are read until they are sent. An answer
 * is charged with the arrays that its records are slices of; where those cost more than there is, it gets copies of its
 * own. Thread-safe.
 */
public final class FetchMemory {

    /** One answer must not have everything. */
    private static final int ANSWERS_AT_LEAST = 4;

    /** What any answer may have, so that a batch of the usual largest size need not come alone. */
    private static final int LEAST_BYTES = 1 << 20;

    /** Whoever keeps up with a topic asks for so little, and must not wait behind those who read all of it. */
    private static final int SMALL_ANSWER = 64 << 10;

    private final ByteBudget budget;
    private final ByteBudget small;

    /**
     * The memory of one broker.
     *
     * @param budget for all answers
     * @param small for small answers that find no room in the former
     */
    public FetchMemory(ByteBudget budget, ByteBudget small) {
        this.budget = budget;
        this.small = small;
    }

    /** Most bytes of records in one answer. */
    int largestAnswer() {
        long part = Math.max(LEAST_BYTES, budget.limit() / ANSWERS_AT_LEAST);
        return (int) Math.min(FetchHandler.MAX_ANSWER_BYTES, part);
    }

    /** Room for between so many and so many bytes of records; empty when there was none before the deadline. */
    Optional<Share> take(long least, long most, Deadline deadline) throws InterruptedException {
        if (most > SMALL_ANSWER) {
            return budget.shareUpTo(least, most, deadline);
        }
        Optional<Share> free = budget.tryShare(most);
        return free.isPresent() ? free : small.shareUpTo(least, most, deadline);
    }

    /** Makes a share, taken for the records of an answer, what they really keep in memory. */
    static void settle(Share share, FetchResponseData data) {
        long kept = arrayBytes(data);
        if (kept <= share.bytes()) {
            share.shrinkTo(kept);
        } else if (!share.tryGrow(kept - share.bytes())) {
            long copied = copy(data);
            if (copied > share.bytes()) {
                share.overdraw(copied - share.bytes());
            } else {
                share.shrinkTo(copied);
            }
        }
    }

    private static long arrayBytes(FetchResponseData data) {
        Set<Object> arrays = Collections.newSetFromMap(new IdentityHashMap<>());
        long bytes = 0;
        for (FetchableTopicResponse topic : data.responses()) {
            for (PartitionData partition : topic.partitions()) {
                for (ByteBuffer slice : slices(partition)) {
                    bytes += arrays.add(backing(slice)) ? backingBytes(slice) : 0;
                }
            }
        }
        return bytes;
    }

    private static List<ByteBuffer> slices(PartitionData partition) {
        return partition.records() instanceof SlicedRecords sliced ? sliced.slices() : List.of();
    }

    @SuppressWarnings("ByteBufferBackingArray") // the array as a whole is meant
    private static Object backing(ByteBuffer slice) {
        return slice.hasArray() ? slice.array() : slice;
    }

    @SuppressWarnings("ByteBufferBackingArray") // the array as a whole is meant
    private static long backingBytes(ByteBuffer slice) {
        return slice.hasArray() ? slice.array().length : slice.remaining();
    }

    private static long copy(FetchResponseData data) {
        long bytes = 0;
        for (FetchableTopicResponse topic : data.responses()) {
            for (PartitionData partition : topic.partitions()) {
                if (partition.records() instanceof SlicedRecords sliced && sliced.sizeInBytes() > 0) {
                    partition.setRecords(sliced.copy());
                    bytes += sliced.sizeInBytes();
                }
            }
        }
        return bytes;
    }
}
