// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * How long one direction of a connection may still block. The thread that is about to block sets it, the watchdog looks at
 * it and closes the socket, because a blocking write knows no time limit of its own. Thread-safe.
 */
final class Patience {

    /** While others wait for the memory: how long a peer that has moved nothing yet may keep it. */
    private static final Duration GRACE = Duration.ofSeconds(3);

    /** What the direction waits for, as far as the reason for a close depends on it. */
    enum Wait {
        NOTHING,
        REQUEST,
        FRAME,
        PEER_TO_READ,
        PEER_TO_LEAVE,
        OTHERS_NEED_THE_MEMORY
    }

    /**
     * How far a transfer has come.
     *
     * @param sinceNanos when it began
     * @param doneBytes moved so far
     * @param totalBytes to be moved
     */
    record Progress(long sinceNanos, long doneBytes, long totalBytes) {

        /** How long it may have taken by now if all of it may take so long. */
        long earnedNanos(Duration whole) {
            return Math.max(GRACE.toNanos(), (long) ((double) whole.toNanos() * doneBytes / totalBytes));
        }
    }

    private record Limit(Wait what, Deadline deadline, Progress progress) {}

    private static final Progress IDLE = new Progress(0, 0, 0);
    private static final Limit NONE = new Limit(Wait.NOTHING, Deadline.NEVER, IDLE);

    /** Written by the blocking thread, read by the watchdog. */
    private volatile Limit limit = NONE;

    /** Written by whoever ends the connection, read by the watchdog; stays. */
    private volatile Limit last = NONE;

    void until(Wait what, Deadline deadline) {
        limit = new Limit(what, deadline, IDLE);
    }

    /** The same for a transfer that holds memory, and must keep pace while others wait for that. */
    void until(Wait what, Deadline deadline, Progress progress) {
        limit = new Limit(what, deadline, progress);
    }

    void unlimited() {
        limit = NONE;
    }

    /** Ends at that moment, whatever is set otherwise. */
    void endBy(Deadline deadline) {
        last = new Limit(Wait.PEER_TO_LEAVE, deadline, IDLE);
    }

    /** What was waited for too long; {@link Wait#NOTHING} while all is well. */
    Wait exceeded(Clock clock) {
        Limit current = limit;
        if (current.deadline().passed(clock)) {
            return current.what();
        }
        Limit end = last;
        return end.deadline().passed(clock) ? end.what() : Wait.NOTHING;
    }

    /**
     * The same when somebody may be waiting for the memory of the transfer.
     *
     * @param waitingSince since when
     * @param whole how long the whole transfer may take from then on, in proportion for a part of it
     */
    Wait exceeded(Clock clock, OptionalLong waitingSince, Duration whole) {
        Progress progress = limit.progress();
        if (progress.totalBytes() > 0 && waitingSince.isPresent()) {
            long now = clock.monotonicNanos();
            long held = Math.min(now - progress.sinceNanos(), now - waitingSince.getAsLong());
            if (held > progress.earnedNanos(whole)) {
                return Wait.OTHERS_NEED_THE_MEMORY;
            }
        }
        return exceeded(clock);
    }
}
