// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.proto.metadata.SharedObject;

/**
 * What a commit record says of a shared object. Immutable.
 *
 * @param footerPosition where the footer begins, which is the number of bytes of records
 * @param footerLength without the trailer
 * @param tier 0 for a flush as it was written, higher for merged objects
 * @param firstSequence of the flushes that it covers
 * @param lastSequence inclusive
 */
public record CommitRecord(
        ObjectKey object,
        long footerPosition,
        int footerLength,
        int tier,
        long firstSequence,
        long lastSequence,
        Marks marks) {

    public CommitRecord {
        if (footerPosition < 0 || footerLength < 0 || tier < 0 || lastSequence < firstSequence) {
            throw new IllegalArgumentException("footer of " + footerLength + " bytes at " + footerPosition + ", tier "
                    + tier + ", sequences " + firstSequence + " to " + lastSequence);
        }
    }

    /** The record of an object with that footer. */
    public static CommitRecord of(
            ObjectKey object, SharedFooter footer, int tier, long firstSequence, long lastSequence) {
        return new CommitRecord(
                object,
                footer.position(),
                footer.lengthBytes(),
                tier,
                firstSequence,
                lastSequence,
                Marks.of(footer.chunks()));
    }

    /**
     * What a message says.
     *
     * @throws StorageException of kind {@link StorageException.Kind#CORRUPT} when it contradicts itself
     */
    public static CommitRecord of(SharedObject message) {
        try {
            CommitRecord record = new CommitRecord(
                    new ObjectKey(message.getKey()),
                    message.getFooterPosition(),
                    message.getFooterLength(),
                    message.getTier(),
                    message.getFirstSequence(),
                    message.getLastSequence(),
                    marks(message));
            if (record.sizeBytes() != message.getSize()) {
                throw new IllegalArgumentException("size " + message.getSize() + " is not " + record.sizeBytes());
            }
            return record;
        } catch (IllegalArgumentException e) {
            throw new StorageException(
                    StorageException.Kind.CORRUPT,
                    "commit record of object " + message.getKey() + " contradicts itself: " + e.getMessage(),
                    e);
        }
    }

    /**
     * What the value of a key says.
     *
     * @throws StorageException as above, also when the bytes are no message
     */
    public static CommitRecord parse(String key, com.google.protobuf.ByteString value) {
        try {
            return of(SharedObject.parseFrom(value));
        } catch (InvalidProtocolBufferException e) {
            throw new StorageException(StorageException.Kind.CORRUPT, "commit record " + key + " cannot be read", e);
        }
    }

    /** The marks of a message; {@link Marks#ANY} when they are damaged. */
    public static Marks marks(SharedObject message) {
        try {
            return new Marks(message.getPartitionMarksList(), message.getPartitionFilter());
        } catch (IllegalArgumentException e) {
            return Marks.ANY;
        }
    }

    public SharedObject message() {
        return SharedObject.newBuilder()
                .setKey(object.value())
                .setSize(sizeBytes())
                .setFooterPosition(footerPosition)
                .setFooterLength(footerLength)
                .setTier(tier)
                .setFirstSequence(firstSequence)
                .setLastSequence(lastSequence)
                .addAllPartitionMarks(marks.listed())
                .setPartitionFilter(marks.filter())
                .build();
    }

    /** Bytes of the whole object. */
    public long sizeBytes() {
        return footerPosition + footerLength + SharedFooter.TRAILER_BYTES;
    }
}
