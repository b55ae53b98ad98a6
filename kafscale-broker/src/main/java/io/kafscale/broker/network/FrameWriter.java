// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;

/**
 * Sends answers piece by piece. Small pieces are gathered, because each write is a system call and a packet; large ones
 * leave from their own arrays. Confined to the thread that writes at the time.
 */
final class FrameWriter {

    private static final int GATHERED_BYTES = 64 << 10;
    private static final int LARGE_PIECE = 16 << 10;

    /** The most that is handed over at once; a peer that takes less within the limit is said to stall. */
    private static final int STEP_BYTES = 128 << 10;

    private final OutputStream out;
    private final Duration stallLimit;
    private final Patience patience;
    private final Clock clock;

    FrameWriter(OutputStream out, Duration stallLimit, Patience patience, Clock clock) {
        this.out = out;
        this.stallLimit = stallLimit;
        this.patience = patience;
        this.clock = clock;
    }

    /** Sends the remaining bytes of all pieces, in order. */
    void write(List<ByteBuffer> pieces) throws IOException {
        long total = pieces.stream().mapToLong(ByteBuffer::remaining).sum();
        long small = pieces.stream()
                .filter(piece -> !leavesAlone(piece, total))
                .mapToLong(ByteBuffer::remaining)
                .sum();
        ByteBuffer gathered = ByteBuffer.allocate((int) Math.min(GATHERED_BYTES, small));
        for (ByteBuffer piece : pieces) {
            if (leavesAlone(piece, total)) {
                flush(gathered);
                send(piece);
            } else {
                gather(piece.duplicate(), gathered);
            }
        }
        flush(gathered);
    }

    private static boolean leavesAlone(ByteBuffer piece, long total) {
        return piece.hasArray() && (piece.remaining() >= LARGE_PIECE || piece.remaining() == total);
    }

    private void gather(ByteBuffer piece, ByteBuffer gathered) throws IOException {
        while (piece.hasRemaining()) {
            if (!gathered.hasRemaining()) {
                flush(gathered);
            }
            int count = Math.min(piece.remaining(), gathered.remaining());
            gathered.put(piece.slice().limit(count));
            piece.position(piece.position() + count);
        }
    }

    private void flush(ByteBuffer gathered) throws IOException {
        send(gathered.flip());
        gathered.clear();
    }

    private void send(ByteBuffer piece) throws IOException {
        int from = piece.arrayOffset() + piece.position();
        int count = piece.remaining();
        for (int sent = 0; sent < count; sent += STEP_BYTES) {
            patience.until(Patience.Wait.PEER_TO_READ, Deadline.after(clock, stallLimit));
            try {
                out.write(piece.array(), from + sent, Math.min(STEP_BYTES, count - sent));
            } finally {
                patience.unlimited();
            }
        }
    }
}
