// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** The checks of this package's formats. Stateless. */
final class Corrupt {

    private Corrupt() {}

    /** @throws StorageException of kind {@link StorageException.Kind#CORRUPT} when it does not hold */
    static void unless(boolean holds, Object object, String what) {
        if (!holds) {
            throw because(object, what);
        }
    }

    static StorageException because(Object object, String what) {
        return new StorageException(StorageException.Kind.CORRUPT, object + ": " + what);
    }

    /** That a read has given what was asked for. */
    static ByteBuffer whole(ByteBuffer read, int length, ObjectKey key) {
        unless(read.remaining() == length, key, read.remaining() + " bytes where " + length + " were asked for");
        return read;
    }

    static int crc(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }
}
