// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.storage.S3Failure.Again;
import io.kafscale.broker.storage.S3Failure.Effect;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Calls of S3: attempts until one succeeds, is refused, or the time for the call is over, with pauses that grow and are
 * spread by chance. The only retries there are: those of the SDK are switched off. Thread-safe.
 */
final class S3Calls {

    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration FIRST_PAUSE_WHEN_BUSY = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
    private static final int MAX_DOUBLINGS = 6;

    private final Clock clock;
    private final RandomGenerator random;
    private final S3Attempts attempts;
    private final S3Environment environment;
    private final S3Limits limits;

    S3Calls(S3Environment environment, S3Attempts attempts, S3Limits limits) {
        this.environment = environment;
        this.clock = environment.clock();
        this.random = environment.random();
        this.attempts = attempts;
        this.limits = limits;
    }

    /** The same attempts with other limits. */
    S3Calls within(S3Limits others) {
        return new S3Calls(environment, attempts, others);
    }

    /**
     * What is called.
     *
     * @param bytes that are carried, which prolongs the limits
     * @param repeatable does no harm when it is done twice, so it is tried again when an answer was lost
     */
    record Call(S3Permits.Use use, long bytes, boolean repeatable) {

        static Call other(long bytes) {
            return new Call(S3Permits.Use.OTHER, bytes, true);
        }

        /** A put that somebody waits for. */
        static Call urgent(long bytes) {
            return new Call(S3Permits.Use.URGENT, bytes, false);
        }
    }

    /**
     * Calls.
     *
     * @throws S3Failure the last attempt's, with the effect that any of them may have had
     */
    <T> T run(Call call, Supplier<? extends S3Attempts.Attempt<T>> attempt) throws S3Failure {
        Duration more = S3Limits.perBytes(call.bytes());
        Deadline deadline = Deadline.after(clock, limits.call().plus(more));
        Effect effect = Effect.NONE;
        Optional<S3Failure> earlier = Optional.empty();
        for (int number = 1; true; number++) {
            Deadline whole = Deadline.after(clock, limits.attempt().plus(more));
            // the first attempt has all its time, however short the call is meant to be
            Deadline soon = number == 1 ? whole : whole.orSooner(deadline);
            try {
                return attempts.run(call.use(), soon, attempt.get());
            } catch (S3Failure e) {
                // what an attempt met that had its time says more than that the last one was cut short
                boolean isCutShort = e.isLate() && deadline.passed(clock);
                S3Failure failure = earlier.filter(met -> isCutShort)
                        .orElse(e)
                        .after(e.effect())
                        .after(effect);
                earlier = Optional.of(failure);
                effect = failure.effect();
                if (e.again() == Again.NEVER
                        || number == limits.attempts()
                        || (effect == Effect.ANSWER_LOST && !call.repeatable())) {
                    throw failure;
                }
                pause(number, failure, deadline);
                environment.failures().attemptFailed(e.kind(), String.valueOf(e.getMessage()));
            }
        }
    }

    /** Waits before the next attempt; throws the failure when the deadline leaves no room for one. */
    private void pause(int number, S3Failure failure, Deadline deadline) throws S3Failure {
        Duration first = failure.again() == Again.SLOWER ? FIRST_PAUSE_WHEN_BUSY : FIRST_PAUSE;
        Duration longest = first.multipliedBy(1L << Math.min(number - 1, MAX_DOUBLINGS));
        long most = Math.min(longest.toNanos(), LONGEST_PAUSE.toNanos());
        Duration pause = Duration.ofNanos(most / 2 + random.nextLong(most / 2));
        if (pause.compareTo(deadline.left(clock)) >= 0) {
            throw failure;
        }
        try {
            clock.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw S3Failure.interrupted(failure.effect());
        }
    }
}
