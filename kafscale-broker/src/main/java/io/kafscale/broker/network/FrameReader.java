// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;

/**
 * Cuts the bytes of a peer into frames: four bytes of length, then so many. The array of a frame is as long as its share of
 * the budget, which grows with what has arrived where memory is short, and is not used again. Confined to the connection's
 * reader thread.
 */
final class FrameReader {

    private static final int LENGTH_BYTES = 4;
    private static final int AHEAD_BYTES = 4 << 10;

    private final PeerStream in;
    private final NetworkLimits limits;
    private final FrameBudget budget;
    private final Patience patience;
    private final Clock clock;

    /** Saves a system call for small frames: what comes with the length is read together with it. */
    private final byte[] ahead = new byte[AHEAD_BYTES];

    private int aheadFrom;
    private int aheadTo;

    /** What came in. Confined to one thread. */
    sealed interface Incoming {

        /** The peer has sent all that it will, and nothing is left over. */
        record End() implements Incoming {}

        /** The peer has left within a frame. */
        record CutOff(String detail) implements Incoming {}

        /** The length is out of range; what follows cannot be read. */
        record BadLength(int length) implements Incoming {}

        /** A frame without its length, with its share of the budget. */
        record Frame(ByteBuffer bytes, FrameShare share) implements Incoming {}
    }

    FrameReader(PeerStream in, NetworkLimits limits, FrameBudget budget, Patience patience, Clock clock) {
        this.in = in;
        this.limits = limits;
        this.budget = budget;
        this.patience = patience;
        this.clock = clock;
    }

    /** Waits for the next frame. */
    Incoming next() throws IOException, InterruptedException {
        try {
            return read();
        } finally {
            patience.unlimited();
        }
    }

    private Incoming read() throws IOException, InterruptedException {
        patience.until(
                Patience.Wait.REQUEST, Deadline.after(clock, limits.times().idle()));
        if (aheadFrom == aheadTo && !fillAhead()) {
            return new Incoming.End();
        }
        long start = clock.monotonicNanos();
        patience.until(Patience.Wait.FRAME, frameDeadline(start, 0));
        while (aheadTo - aheadFrom < LENGTH_BYTES) {
            if (!fillAhead()) {
                return new Incoming.CutOff("within the length of a frame");
            }
        }
        int length = ByteBuffer.wrap(ahead).getInt(aheadFrom);
        if (length <= 0 || length > budget.largestFrame()) {
            return new Incoming.BadLength(length);
        }
        aheadFrom += LENGTH_BYTES;
        return body(length, start);
    }

    /** Reads more into {@link #ahead}, behind what is there; false at the end. */
    private boolean fillAhead() throws IOException {
        if (aheadFrom > 0) {
            System.arraycopy(ahead, aheadFrom, ahead, 0, aheadTo - aheadFrom);
            aheadTo -= aheadFrom;
            aheadFrom = 0;
        }
        int count = in.read(ahead, aheadTo, ahead.length - aheadTo);
        aheadTo += Math.max(0, count);
        return count >= 0;
    }

    private Incoming body(int length, long start) throws IOException, InterruptedException {
        patience.unlimited();
        long waitFrom = clock.monotonicNanos();
        FrameShare share = budget.begin(length);
        boolean complete = false;
        try {
            // Waiting for room was not the peer's fault.
            long paceFrom = start + clock.monotonicNanos() - waitFrom;
            byte[] frame = new byte[share.room()];
            int filled = takeAhead(frame);
            while (filled < length) {
                if (filled == frame.length) {
                    paceFrom += grow(share);
                    frame = Arrays.copyOf(frame, share.room());
                }
                patience.until(
                        Patience.Wait.FRAME,
                        frameDeadline(paceFrom, filled),
                        new Patience.Progress(paceFrom, filled, length));
                int count = in.read(frame, filled, frame.length - filled);
                if (count < 0) {
                    return new Incoming.CutOff("after " + filled + " of " + length + " bytes");
                }
                filled += count;
            }
            complete = true;
            return new Incoming.Frame(ByteBuffer.wrap(frame, 0, length), share);
        } finally {
            if (!complete) {
                share.close();
            }
        }
    }

    /** Gets more room; the time in nanoseconds that this took. */
    private long grow(FrameShare share) throws InterruptedException {
        patience.unlimited();
        long from = clock.monotonicNanos();
        share.grow();
        return clock.monotonicNanos() - from;
    }

    private int takeAhead(byte[] frame) {
        int count = Math.min(frame.length, aheadTo - aheadFrom);
        System.arraycopy(ahead, aheadFrom, frame, 0, count);
        aheadFrom += count;
        return count;
    }

    /** A frame that has begun may take its fixed time, or as long as its bytes keep up the slowest pace. */
    private Deadline frameDeadline(long startNanos, int received) {
        long atPace = (long) received
                * Duration.ofSeconds(1).toNanos()
                / limits.times().frameBytesPerSecond();
        return new Deadline(startNanos + Math.max(limits.times().frame().toNanos(), atPace), true);
    }

    /** Reads and forgets until the peer has left. */
    void discard() throws IOException {
        aheadFrom = 0;
        aheadTo = 0;
        while (in.read(ahead, 0, ahead.length) >= 0) {
            // nobody will answer this
        }
    }
}
