// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.faults;

import java.time.Duration;

/** What happens to one call of a store. Immutable. */
public sealed interface Fault {

    /** Nothing. */
    record None() implements Fault {}

    /** The call is not made; the caller gets an exception of a failure that may pass. */
    record FailBefore() implements Fault {}

    /** The call is not made; the caller is told that the store has no space left. */
    record Full() implements Fault {}

    /** The call is made; its answer is lost: Unknown for a put or a commit, an exception for any other. */
    record FailAfter() implements Fault {}

    /** The call is not made, and the caller cannot know: Unknown for a put or a commit, an exception for any other. */
    record Lost() implements Fault {}

    /**
     * A put or a commit is made only when so many further calls have begun; its caller gets Unknown at once. For any
     * other call the same as {@link Lost}.
     */
    record Late(int calls) implements Fault {
        public Late {
            if (calls < 1) {
                throw new IllegalArgumentException("late by " + calls + " calls");
            }
        }
    }

    /** The call is made after a while. */
    record Delay(Duration duration) implements Fault {}

    /** What is read from an object ends half-way; for any other call the same as {@link None}. */
    record Truncate() implements Fault {}

    /** One bit of what is read from an object is another; for any other call the same as {@link None}. */
    record Flip(int bit) implements Fault {}
}
