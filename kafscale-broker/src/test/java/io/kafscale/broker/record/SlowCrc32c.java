// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.record;

import java.nio.ByteBuffer;

/** CRC-32C by its definition, bit by bit, as a reference for tests. Stateless. */
public final class SlowCrc32c {

    private static final int REVERSED_POLYNOMIAL = 0x82F63B78;

    private SlowCrc32c() {}

    /** The checksum of what is between position and limit, which stay as they are. */
    public static int of(ByteBuffer bytes) {
        int crc = -1;
        for (int i = bytes.position(); i < bytes.limit(); i++) {
            crc ^= bytes.get(i) & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc >>> 1) ^ ((crc & 1) * REVERSED_POLYNOMIAL);
            }
        }
        return ~crc;
    }
}
