// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.protobuf.ByteString;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.proto.metadata.ConsumerGroup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Writes of one shard that become one transaction. Each key is written once, whatever number of writes touch it, and is
 * compared with the revision that it replaces. Confined to the thread of the shard's writer.
 */
final class WriteBatch {

    /** Each key has one compare; two more prove the ownership, and one continues the chain. */
    private static final int MAX_EDITS = MetadataStore.MAX_OPERATIONS - 3;

    /** Leaves room for the keys of the compares that prove the ownership, and for the head. */
    private static final long MAX_BYTES = MetadataStore.MAX_TRANSACTION_BYTES - 4 * 1024;

    private final ClusterKeys keys;
    private final ShardClaim claim;
    private final ShardHead head;
    private final Map<String, Edit> edits = new LinkedHashMap<>();
    private final List<ShardWrite> complete = new ArrayList<>();
    private long bytes;
    private boolean deletes;
    private final List<ShardWrite> begun = new ArrayList<>(1);

    /** What becomes of one key. Immutable. */
    private sealed interface Edit {

        /** The revision that it replaces, 0 for none. */
        long expected();

        /** The new value; none for a key that goes. */
        Optional<ByteString> value();

        /** Lets the group know what is stored now. */
        void publish(long revision);
    }

    private record GroupEdit(StoredGroup stored, long expected, ConsumerGroup group, ByteString bytes) implements Edit {
        @Override
        public Optional<ByteString> value() {
            return Optional.of(bytes);
        }

        @Override
        public void publish(long revision) {
            stored.put(group, revision);
        }
    }

    private record BlockEdit(StoredGroup stored, OffsetBlock.Key key, OffsetBlock block, ByteString bytes)
            implements Edit {
        @Override
        public long expected() {
            return block.revision();
        }

        @Override
        public Optional<ByteString> value() {
            return Optional.of(bytes);
        }

        @Override
        public void publish(long revision) {
            stored.put(key, block.at(revision));
        }
    }

    private record GroupRemoval(StoredGroup stored, long expected) implements Edit {
        @Override
        public Optional<ByteString> value() {
            return Optional.empty();
        }

        @Override
        public void publish(long revision) {
            stored.removeValue();
        }
    }

    private record BlockRemoval(StoredGroup stored, OffsetBlock.Key key, long expected) implements Edit {
        @Override
        public Optional<ByteString> value() {
            return Optional.empty();
        }

        @Override
        public void publish(long revision) {
            stored.remove(key);
        }
    }

    private record StrayRemoval(StoredGroup stored, String key, long expected) implements Edit {
        @Override
        public Optional<ByteString> value() {
            return Optional.empty();
        }

        @Override
        public void publish(long revision) {
            stored.removeStray(key);
        }
    }

    WriteBatch(ClusterKeys keys, ShardClaim claim, ShardHead head) {
        this.keys = keys;
        this.claim = claim;
        this.head = head;
    }

    /**
     * Takes a write up.
     *
     * @return false when it has to wait for the next batch; a deletion may have {@link #begun} nevertheless
     */
    boolean add(ShardWrite write) {
        if (deletes) {
            return false;
        }
        boolean added = switch (write) {
            case ShardWrite.PutGroup put -> add(put);
            case ShardWrite.PutOffsets put -> add(put);
            case ShardWrite.DeleteOffsets delete -> add(delete);
            case ShardWrite.DeleteGroup delete -> add(delete);
        };
        if (added) {
            complete.add(write);
        }
        return added;
    }

    private boolean add(ShardWrite.PutGroup put) {
        String key = keys.group(claim.shard(), put.stored().groupId());
        return edit(
                key,
                new GroupEdit(
                        put.stored(),
                        put.stored().revision(),
                        put.value(),
                        put.value().toByteString()));
    }

    private boolean add(ShardWrite.PutOffsets put) {
        OffsetBlock.Key name = put.key();
        String key = keys.offsets(claim.shard(), put.stored().groupId(), name.topic(), name.firstPartition());
        OffsetBlock before = switch (edits.get(key)) {
            case BlockEdit earlier -> earlier.block();
            case BlockRemoval earlier -> OffsetBlock.empty(put.topicId(), earlier.expected());
            case null, default -> put.stored().block(name).orElseGet(() -> OffsetBlock.absent(put.topicId()));
        };
        OffsetBlock after = before.with(put.topicId(), put.offsets());
        return edit(
                key,
                new BlockEdit(
                        put.stored(), name, after, GroupValues.encode(after).toByteString()));
    }

    /** A block of which nothing is left goes; where nothing is to go, nothing is written. */
    private boolean add(ShardWrite.DeleteOffsets delete) {
        OffsetBlock.Key name = delete.key();
        String key = keys.offsets(claim.shard(), delete.stored().groupId(), name.topic(), name.firstPartition());
        Optional<OffsetBlock> before = switch (edits.get(key)) {
            case BlockEdit earlier -> Optional.of(earlier.block());
            case BlockRemoval earlier -> Optional.empty();
            case null, default -> delete.stored().block(name);
        };
        return before.filter(block -> block.topicId().equals(delete.topicId()))
                .map(block -> edit(key, rest(delete.stored(), name, block.without(delete.partitions()))))
                .orElse(true);
    }

    private static Edit rest(StoredGroup stored, OffsetBlock.Key name, OffsetBlock block) {
        return block.partitions().isEmpty()
                ? new BlockRemoval(stored, name, block.revision())
                : new BlockEdit(stored, name, block, GroupValues.encode(block).toByteString());
    }

    private boolean edit(String key, Edit edit) {
        long before = Optional.ofNullable(edits.get(key))
                .map(old -> bytesOf(key, old))
                .orElse(0L);
        long after = bytes - before + bytesOf(key, edit);
        boolean fits = after <= MAX_BYTES && (edits.containsKey(key) || edits.size() < MAX_EDITS);
        if (!fits && !edits.isEmpty()) {
            return false;
        }
        edits.put(key, edit);
        bytes = after;
        return true;
    }

    private static long bytesOf(String key, Edit edit) {
        return 2L * key.length() + edit.value().map(ByteString::size).orElse(0);
    }

    /** A deletion has its batches for itself: what it has to delete is known when all writes before it are decided. */
    private boolean add(ShardWrite.DeleteGroup delete) {
        if (!edits.isEmpty()) {
            return false;
        }
        Map<String, Edit> removals = removals(delete.stored());
        deletes = true;
        boolean fits = removals.entrySet().stream().allMatch(removal -> edit(removal.getKey(), removal.getValue()));
        if (!fits) {
            begun.add(delete);
        }
        return fits;
    }

    /** The group's own value goes last, so that a deletion that fails half-way can be tried again. */
    private Map<String, Edit> removals(StoredGroup stored) {
        Map<String, Edit> removals = new LinkedHashMap<>();
        stored.blocks().forEach((name, block) -> {
            String key = keys.offsets(claim.shard(), stored.groupId(), name.topic(), name.firstPartition());
            removals.put(key, new BlockRemoval(stored, name, block.revision()));
        });
        stored.strays().forEach((key, revision) -> removals.put(key, new StrayRemoval(stored, key, revision)));
        if (stored.revision() != 0) {
            removals.put(keys.group(claim.shard(), stored.groupId()), new GroupRemoval(stored, stored.revision()));
        }
        return removals;
    }

    /** Nothing is to be written, although there may be writes. */
    boolean isEmpty() {
        return edits.isEmpty();
    }

    Transaction transaction() {
        Transaction.Builder transaction = claim.transaction()
                .and(head.isLast())
                .put(head.key(), head.next(claim).toByteString());
        edits.forEach((key, edit) -> {
            transaction.and(new Compare.ModRevision(key, edit.expected()));
            edit.value().ifPresentOrElse(value -> transaction.put(key, value), () -> transaction.delete(key));
        });
        return transaction.build();
    }

    /** The key that tells whether the transaction was applied. */
    String headKey() {
        return head.key();
    }

    /**
     * Tells from a later reading whether the transaction was applied.
     *
     * @return the revision at which it was
     */
    OptionalLong findApplied(Snapshot seen) {
        ByteString ours = head.next(claim).toByteString();
        return seen.find(head.key()).stream()
                .filter(found -> found.value().equals(ours))
                .mapToLong(KeyValue::modRevision)
                .findFirst();
    }

    /** The head when the transaction was applied at the revision. */
    ShardHead headAt(long revision) {
        return isEmpty() ? head : head.nextAt(revision);
    }

    /** The transaction was applied: lets the groups know what is stored now. */
    void publish(long revision) {
        edits.values().forEach(edit -> edit.publish(revision));
    }

    /** A write that is in this batch, but not to its end. */
    Optional<ShardWrite> begun() {
        return begun.stream().findFirst();
    }

    /** The writes that end with this batch. */
    List<ShardWrite> complete() {
        return complete;
    }
}
