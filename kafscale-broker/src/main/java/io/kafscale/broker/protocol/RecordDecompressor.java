// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import io.kafscale.broker.record.BatchDecompressor;
import io.kafscale.broker.record.RecordBatch;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.utils.internals.BufferSupplier;

/**
 * Opens compressed batches with Kafka's codecs, as far as they stay within bounds: a few bytes may claim to be gigabytes.
 * Thread-safe, since it keeps nothing.
 */
public final class RecordDecompressor implements BatchDecompressor {

    /** Most bytes that a batch may become; a producer's batch is rarely above one MiB. */
    static final int MAX_BYTES = 32 << 20;

    /** Most bytes that each compressed byte may become. */
    private static final int MAX_RATIO = 1_000;

    private static final byte MAGIC = 2;

    /** In the stream format of snappy-java: eight bytes of magic, two versions; then length and block by turns. */
    private static final int SNAPPY_HEADER_BYTES = 16;

    private static final long SNAPPY_MAGIC = 0x82_53_4e_41_50_50_59_00L;

    @Override
    public Optional<ByteBuffer> decompress(RecordBatch batch) {
        ByteBuffer packed = batch.records();
        int limit = (int) Math.min(MAX_BYTES, (long) packed.remaining() * MAX_RATIO);
        if (batch.compression() == CompressionType.SNAPPY.id && !snappyBlocksFit(packed.duplicate(), limit)) {
            return Optional.empty();
        }
        return decompress(batch.compression(), packed, limit);
    }

    /** The codecs throw whatever they like for bytes that are not theirs. */
    private static Optional<ByteBuffer> decompress(int codec, ByteBuffer packed, int limit) {
        try (InputStream in = Compression.of(CompressionType.forId(codec))
                .build()
                .wrapForInput(packed, MAGIC, BufferSupplier.NO_CACHING)) {
            byte[] records = in.readNBytes(limit + 1);
            return records.length > limit ? Optional.empty() : Optional.of(ByteBuffer.wrap(records));
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }

    /** The library makes an array of the length that a block claims before it looks at the block. */
    private static boolean snappyBlocksFit(ByteBuffer packed, int limit) {
        if (packed.remaining() < SNAPPY_HEADER_BYTES || packed.getLong(packed.position()) != SNAPPY_MAGIC) {
            return claimedLength(packed) <= limit;
        }
        packed.position(packed.position() + SNAPPY_HEADER_BYTES);
        while (packed.remaining() >= Integer.BYTES) {
            int blockBytes = packed.getInt();
            if (blockBytes < 0 || blockBytes > packed.remaining()) {
                return false;
            }
            if (claimedLength(packed.slice(packed.position(), blockBytes)) > limit) {
                return false;
            }
            packed.position(packed.position() + blockBytes);
        }
        return true;
    }

    /** The varint at the head of a block; at most five bytes. */
    private static long claimedLength(ByteBuffer block) {
        long length = 0;
        for (int shift = 0; shift < Integer.SIZE && block.hasRemaining(); shift += 7) {
            byte next = block.get();
            length |= (long) (next & 0x7f) << shift;
            if (next >= 0) {
                break;
            }
        }
        return length;
    }
}
