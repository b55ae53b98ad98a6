// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.chunk.SharedFooter;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.proto.log.ProducerTail;
import java.nio.ByteBuffer;

/** Reads the footers of shared objects that no commit record names: from their end. Thread-safe: it has no state. */
record FooterTail(PatientObjects objects) {

    /** The footers of most objects are shorter. */
    private static final int TAIL_BYTES = 16 << 10;

    /**
     * What an object is.
     *
     * @throws StorageException when it cannot be read, or is none
     */
    Sighting read(ObjectInfo object, ObjectName.Shared name, boolean isNamed) throws InterruptedException {
        return objects.patiently(() -> readOnce(object, name, isNamed));
    }

    private Sighting readOnce(ObjectInfo object, ObjectName.Shared name, boolean isNamed) {
        ByteBuffer tail = objects.objects().readTail(object.key(), (int) Math.min(TAIL_BYTES, object.sizeBytes()));
        int trailerAt = tail.remaining() - SharedFooter.TRAILER_BYTES;
        if (trailerAt < 0) {
            throw new StorageException(
                    StorageException.Kind.CORRUPT, object.key() + ": it has " + object.sizeBytes() + " bytes");
        }
        int length = SharedFooter.footerBytes(tail.slice(trailerAt, SharedFooter.TRAILER_BYTES), object.sizeBytes());
        long position = object.sizeBytes() - SharedFooter.TRAILER_BYTES - length;
        int wanted = length + SharedFooter.TRAILER_BYTES;
        ByteBuffer bytes = wanted <= tail.remaining()
                ? tail.slice(tail.remaining() - wanted, wanted)
                : objects.objects().read(object.key(), position, wanted);
        SharedFooter footer = SharedFooter.parse(bytes, position);
        long maxProducerId = -1;
        for (int i = 0; i < footer.chunks().size(); i++) {
            for (ProducerTail producer : footer.details(i).getProducersList()) {
                maxProducerId = Math.max(maxProducerId, producer.getProducerId());
            }
        }
        return new Sighting(object, name, footer.chunks(), position, length, isNamed, maxProducerId);
    }
}
