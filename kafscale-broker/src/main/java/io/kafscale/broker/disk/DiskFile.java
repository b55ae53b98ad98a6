// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * An open file. A caller that is interrupted gets a {@link java.nio.channels.ClosedByInterruptException}, and the file is
 * closed for everybody. Confined to one thread at a time.
 */
public interface DiskFile extends AutoCloseable {

    long size() throws IOException;

    /** Writes all bytes, one buffer after the other, from the position on; the buffers keep their positions. */
    void write(List<ByteBuffer> body, long position) throws IOException;

    /** Fills the buffer from the position on; a file that ends before is an {@link java.io.EOFException}. */
    void read(ByteBuffer into, long position) throws IOException;

    /** Cuts the file off. */
    void truncate(long size) throws IOException;

    /** Makes the bytes and the size durable. After a failure nobody knows which of them are. */
    void force() throws IOException;

    @Override
    void close() throws IOException;
}
