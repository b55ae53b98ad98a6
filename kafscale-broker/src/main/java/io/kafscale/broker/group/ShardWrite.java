// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.time.Pending;
import io.kafscale.proto.metadata.CommittedOffset;
import io.kafscale.proto.metadata.ConsumerGroup;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;

/** A change of one group on its way to the store. Writes of a shard are decided in the order in which they came. */
sealed interface ShardWrite {

    StoredGroup stored();

    /** Called once by the shard's writer: NONE when it is stored, else why it is not. */
    void decided(Errors outcome);

    /** About as many bytes of the heap as it waits with; always the same. */
    long bytes();

    /** The group's members changed. */
    record PutGroup(StoredGroup stored, ConsumerGroup value, Consumer<Errors> whenDecided) implements ShardWrite {
        @Override
        public void decided(Errors outcome) {
            whenDecided.accept(outcome);
        }

        @Override
        public long bytes() {
            return value.getSerializedSize();
        }
    }

    /** Offsets were committed, all of one block. */
    record PutOffsets(
            StoredGroup stored,
            OffsetBlock.Key key,
            UUID topicId,
            Map<Integer, CommittedOffset> offsets,
            Pending<Errors> outcome,
            Runnable beforeAnswer)
            implements ShardWrite {

        /** The write, its map and its place in the queue. */
        private static final long WRITE_BYTES = 256;

        /** The entry of a map, its key, the message and an empty text. */
        private static final long OFFSET_BYTES = 160;

        PutOffsets(
                StoredGroup stored,
                OffsetBlock.Key key,
                UUID topicId,
                Map<Integer, CommittedOffset> offsets,
                Pending<Errors> outcome) {
            this(stored, key, topicId, offsets, outcome, () -> {});
        }

        /** The same write, which does something when it is decided and before anybody hears of it. */
        PutOffsets first(Runnable action) {
            return new PutOffsets(stored, key, topicId, offsets, outcome, action);
        }

        @Override
        public void decided(Errors error) {
            beforeAnswer.run();
            outcome.complete(error);
        }

        @Override
        public long bytes() {
            return WRITE_BYTES
                    + offsets.values().stream()
                            .mapToLong(offset ->
                                    OFFSET_BYTES + 2L * offset.getMetadata().length())
                            .sum();
        }
    }

    /** Committed offsets go, all of one block. */
    record DeleteOffsets(
            StoredGroup stored,
            OffsetBlock.Key key,
            UUID topicId,
            Set<Integer> partitions,
            Pending<Errors> outcome,
            Runnable beforeAnswer)
            implements ShardWrite {

        /** The write, its set and its place in the queue; then an entry of the set. */
        private static final long WRITE_BYTES = 256;

        private static final long PARTITION_BYTES = 64;

        /** The same write, which does something when it is decided and before anybody hears of it. */
        DeleteOffsets first(Runnable action) {
            return new DeleteOffsets(stored, key, topicId, partitions, outcome, action);
        }

        @Override
        public void decided(Errors error) {
            beforeAnswer.run();
            outcome.complete(error);
        }

        @Override
        public long bytes() {
            return WRITE_BYTES + PARTITION_BYTES * partitions.size();
        }
    }

    /** The group goes, with all its offsets. */
    record DeleteGroup(StoredGroup stored, Consumer<Errors> whenDecided) implements ShardWrite {
        @Override
        public void decided(Errors outcome) {
            whenDecided.accept(outcome);
        }

        @Override
        public long bytes() {
            return 0;
        }
    }
}
