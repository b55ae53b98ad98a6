// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * The bytes of one request as slices that stay where they are. Large slices are written as they lie, small ones are
 * collected first, so that the socket sees large writes only. Immutable, as long as its owner leaves the bytes alone.
 */
final class S3Body {

    private static final int COLLECTED = 64 << 10;

    /** The end of the body is written by itself: until then no store can take the request for whole. */
    private static final int LAST = 4 << 10;

    private final List<ByteBuffer> slices;
    private final long sizeBytes;

    private S3Body(List<ByteBuffer> slices) {
        this.slices = slices;
        this.sizeBytes = slices.stream().mapToLong(ByteBuffer::remaining).sum();
    }

    static S3Body of(List<ByteBuffer> slices) {
        return new S3Body(slices.stream().map(ByteBuffer::duplicate).toList());
    }

    /** Said before the last bytes are written; what it throws keeps them back. */
    interface LastWrite {
        void begins() throws IOException;
    }

    long sizeBytes() {
        return sizeBytes;
    }

    /** The checksum as S3 wants it in a header: the four bytes in base 64. */
    String crc32c() {
        CRC32C crc = new CRC32C();
        slices.forEach(slice -> crc.update(slice.duplicate()));
        return inBase64(crc);
    }

    static String inBase64(CRC32C crc) {
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES).putInt((int) crc.getValue());
        return Base64.getEncoder().encodeToString(bytes.array());
    }

    /** The bytes once more, for who wants to hash them. */
    InputStream stream() {
        return new SequenceInputStream(
                Collections.enumeration(slices.stream().map(S3Body::stream).toList()));
    }

    private static InputStream stream(ByteBuffer slice) {
        if (slice.hasArray()) {
            return new ByteArrayInputStream(slice.array(), slice.arrayOffset() + slice.position(), slice.remaining());
        }
        byte[] copy = new byte[slice.remaining()];
        slice.duplicate().get(copy);
        return new ByteArrayInputStream(copy);
    }

    /** Writes all bytes. */
    void writeTo(OutputStream out, LastWrite last) throws IOException {
        Writer writer = new Writer(out, last);
        for (ByteBuffer slice : slices) {
            writer.add(slice.duplicate());
        }
        writer.end();
    }

    /** Confined to one call. */
    private final class Writer {
        private final OutputStream out;
        private final LastWrite last;
        private final ByteBuffer collected = ByteBuffer.allocate((int) Math.min(COLLECTED, sizeBytes));
        private long left = sizeBytes;

        private Writer(OutputStream out, LastWrite last) {
            this.out = out;
            this.last = last;
        }

        private void add(ByteBuffer slice) throws IOException {
            while (slice.hasRemaining()) {
                int whole = (int) Math.min(slice.remaining(), left - collected.position() - LAST);
                if (whole >= COLLECTED && slice.hasArray()) {
                    flush();
                    out.write(slice.array(), slice.arrayOffset() + slice.position(), whole);
                    slice.position(slice.position() + whole);
                    left -= whole;
                } else {
                    collect(slice);
                }
            }
        }

        private void collect(ByteBuffer slice) throws IOException {
            if (!collected.hasRemaining()) {
                flush();
            }
            int length = Math.min(slice.remaining(), collected.remaining());
            collected.put(slice.slice(slice.position(), length));
            slice.position(slice.position() + length);
        }

        private void flush() throws IOException {
            left -= collected.position();
            out.write(collected.array(), 0, collected.position());
            collected.clear();
        }

        private void end() throws IOException {
            last.begins();
            flush();
            out.flush();
        }
    }
}
