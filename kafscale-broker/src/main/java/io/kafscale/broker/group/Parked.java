// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;

/**
 * An answer that may still be to come. Thread-safe.
 *
 * @param answer where it will be
 * @param patience until when to wait for it; {@link Deadline#NEVER} when the group's own time limits bring it
 */
record Parked<T>(Pending<T> answer, Deadline patience) {

    static <T> Parked<T> answered(T value) {
        return new Parked<>(Pending.completed(value), Deadline.NEVER);
    }
}
