// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.history;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.zip.CRC32C;

/**
 * The value of a test's record: its {@link RecordId}, filling that does not compress, and a checksum of both. So a value that
 * was cut, mixed up or altered on its way does not decode. Stateless.
 */
public final class Payload {
    /** The smallest size: the identity and the checksum. */
    public static final int MINIMUM_BYTES = 2 * Integer.BYTES + Long.BYTES + Integer.BYTES;

    private static final byte[] FILLING = filling();

    private Payload() {}

    /** A value of {@code sizeBytes} for the record {@code id}. */
    public static byte[] encode(RecordId id, int sizeBytes) {
        if (sizeBytes < MINIMUM_BYTES || sizeBytes > FILLING.length) {
            throw new IllegalArgumentException("Size " + sizeBytes);
        }
        ByteBuffer value = ByteBuffer.allocate(sizeBytes);
        value.putInt(id.producer()).putInt(id.partition()).putLong(id.sequence());
        int fillBytes = sizeBytes - MINIMUM_BYTES;
        int start = (int) (id.sequence() * 31 % (FILLING.length - fillBytes));
        value.put(FILLING, start, fillBytes);
        value.putInt(checksum(value.array()));
        return value.array();
    }

    /** The record that {@code value} was made for. */
    public static RecordId decode(byte[] value) {
        ByteBuffer buffer = ByteBuffer.wrap(value);
        if (value.length < MINIMUM_BYTES || buffer.getInt(value.length - Integer.BYTES) != checksum(value)) {
            throw new IllegalArgumentException("A value of " + value.length + " bytes that no test sent");
        }
        return new RecordId(buffer.getInt(), buffer.getInt(), buffer.getLong());
    }

    private static int checksum(byte[] value) {
        CRC32C checksum = new CRC32C();
        checksum.update(value, 0, value.length - Integer.BYTES);
        return (int) checksum.getValue();
    }

    private static byte[] filling() {
        byte[] bytes = new byte[64 * 1024];
        new Random(7).nextBytes(bytes);
        return bytes;
    }
}
