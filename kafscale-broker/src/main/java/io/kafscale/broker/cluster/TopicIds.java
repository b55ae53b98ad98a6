// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** Makes random ids and writes them as bytes and as Kafka's text. Stateless. */
public final class TopicIds {

    private static final int BYTES = 16;
    private static final long VERSION_MASK = 0xf000L;
    private static final long VERSION_4 = 0x4000L;
    private static final long VARIANT_MASK = 0xc000_0000_0000_0000L;
    private static final long VARIANT = 0x8000_0000_0000_0000L;

    private TopicIds() {}

    /** A random id (RFC 9562, version 4) whose text does not begin with a dash, which command lines take for an option. */
    public static UUID random(RandomGenerator random) {
        while (true) {
            long most = (random.nextLong() & ~VERSION_MASK) | VERSION_4;
            long least = (random.nextLong() & ~VARIANT_MASK) | VARIANT;
            UUID id = new UUID(most, least);
            if (!text(id).startsWith("-")) {
                return id;
            }
        }
    }

    /** 16 bytes, most significant first. */
    public static ByteString bytes(UUID id) {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .flip();
        return ByteString.copyFrom(bytes);
    }

    /**
     * The id that {@link #bytes} was given.
     *
     * @throws IllegalArgumentException unless there are 16 bytes
     */
    public static UUID id(ByteString bytes) {
        if (bytes.size() != BYTES) {
            throw new IllegalArgumentException("an id of " + bytes.size() + " bytes instead of " + BYTES);
        }
        ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    /** 22 characters: base64 for URLs without padding, as Kafka shows ids. */
    public static String text(UUID id) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes(id).toByteArray());
    }
}
