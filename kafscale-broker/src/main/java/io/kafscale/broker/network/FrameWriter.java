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
    private final NetworkLimits.Times limits;
    private final Patience patience;
    private final Clock clock;

    /** When the answer in hand began to leave, how much of it has left, and of how much. */
    private long start;

    private long sent;
    private long total;

    FrameWriter(OutputStream out, NetworkLimits.Times limits, Patience patience, Clock clock) {
        this.out = out;
        this.limits = limits;
        this.patience = patience;
        this.clock = clock;
    }

    /** Sends the remaining bytes of all pieces, in order. */
    void write(List<ByteBuffer> pieces) throws IOException {
        start = clock.monotonicNanos();
        sent = 0;
        total = pieces.stream().mapToLong(ByteBuffer::remaining).sum();
        long small = pieces.stream()
                .filter(piece -> !leavesAlone(piece))
                .mapToLong(ByteBuffer::remaining)
                .sum();
        ByteBuffer gathered = ByteBuffer.allocate((int) Math.min(GATHERED_BYTES, small));
        for (ByteBuffer piece : pieces) {
            if (leavesAlone(piece)) {
                flush(gathered);
                send(piece);
            } else {
                gather(piece.duplicate(), gathered);
            }
        }
        flush(gathered);
    }

    private boolean leavesAlone(ByteBuffer piece) {
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
        for (int at = 0; at < count; at += STEP_BYTES) {
            int step = Math.min(STEP_BYTES, count - at);
            patience.until(Patience.Wait.PEER_TO_READ, deadline(), new Patience.Progress(start, sent, total));
            try {
                out.write(piece.array(), from + at, step);
            } finally {
                patience.unlimited();
            }
            sent += step;
        }
    }

    /** For the next step: its own limit, and the pace that the answer as a whole must keep. */
    private Deadline deadline() {
        long atPace = (sent + STEP_BYTES) * Duration.ofSeconds(1).toNanos() / limits.answerBytesPerSecond();
        return new Deadline(start + Math.max(limits.answer().toNanos(), atPace), true)
                .orSooner(Deadline.after(clock, limits.stalledWrite()));
    }
}
