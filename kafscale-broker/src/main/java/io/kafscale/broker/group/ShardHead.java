// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.proto.metadata.GroupShardHead;
import java.util.Optional;

/**
 * The end of the chain of a shard's writes. Each transaction compares it and puts the next one, so that a copy of an old
 * transaction that arrives late changes nothing, not even where what it had written was deleted since. Immutable.
 *
 * @param revision the revision that stored it, 0 before the first write
 * @param sequence number of the last write, 0 before the first
 */
record ShardHead(String key, long revision, long sequence) {

    /** The head as read from the store; {@link MetadataException.Kind#CORRUPT} when it is none. */
    static ShardHead of(String key, Optional<KeyValue> found) {
        if (found.isEmpty()) {
            return new ShardHead(key, 0, 0);
        }
        try {
            GroupShardHead value = GroupShardHead.parseFrom(found.get().value());
            return new ShardHead(key, found.get().modRevision(), value.getSequence());
        } catch (InvalidProtocolBufferException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "head of a group shard at " + key, e);
        }
    }

    Compare isLast() {
        return new Compare.ModRevision(key, revision);
    }

    /** What the next write puts; nobody else ever puts the same. */
    GroupShardHead next(ShardClaim claim) {
        return GroupShardHead.newBuilder()
                .setSequence(sequence + 1)
                .setOwner(claim.ownerRevision())
                .build();
    }

    /** The head after the next write, which was applied at the revision. */
    ShardHead nextAt(long newRevision) {
        return new ShardHead(key, newRevision, sequence + 1);
    }
}
