// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;

/**
 * How long one direction of a connection may still block. The thread that is about to block sets it, the watchdog looks at
 * it and closes the socket, because a blocking write knows no time limit of its own. Thread-safe.
 */
final class Patience {

    /** What the direction waits for, as far as the reason for a close depends on it. */
    enum Wait {
        NOTHING,
        REQUEST,
        FRAME,
        PEER_TO_READ,
        PEER_TO_LEAVE
    }

    private record Limit(Wait what, Deadline deadline) {}

    private static final Limit NONE = new Limit(Wait.NOTHING, Deadline.NEVER);

    /** Written by the blocking thread, read by the watchdog. */
    private volatile Limit limit = NONE;

    /** Written by whoever ends the connection, read by the watchdog; stays. */
    private volatile Limit last = NONE;

    void until(Wait what, Deadline deadline) {
        limit = new Limit(what, deadline);
    }

    void unlimited() {
        limit = NONE;
    }

    /** Ends at that moment, whatever is set otherwise. */
    void endBy(Deadline deadline) {
        last = new Limit(Wait.PEER_TO_LEAVE, deadline);
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
}
