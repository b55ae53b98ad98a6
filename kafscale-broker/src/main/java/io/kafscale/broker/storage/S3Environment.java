// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Threads;
import java.util.random.RandomGenerator;

/**
 * What a store on S3 needs from its surroundings. Immutable.
 *
 * @param failures told of every attempt that failed and is followed by another
 */
public record S3Environment(Clock clock, Threads threads, RandomGenerator random, AttemptFailures failures) {

    /** Hears of failed attempts of calls. Thread-safe. */
    @FunctionalInterface
    public interface AttemptFailures {
        void attemptFailed(StorageException.Kind kind, String message);
    }

    /** Surroundings in which nobody hears of attempts. */
    public S3Environment(Clock clock, Threads threads, RandomGenerator random) {
        this(clock, threads, random, (kind, message) -> {});
    }
}
