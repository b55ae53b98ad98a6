// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.storage.S3Failure.Effect;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.Threads;
import java.util.Optional;

/**
 * Runs attempts so that nobody waits longer than they said, whatever the network does. Thread-safe.
 *
 * <p>Each attempt has a virtual thread of its own. Who gives up on it interrupts that thread, and the JDK then closes the
 * socket on which it waits, in whichever phase: connecting, the handshake of TLS, a write that nobody reads, headers or a
 * body that come in drips. A look-up of a name cannot be ended like that; nobody waits for it any more, and its permit
 * comes back when it ends.
 */
final class S3Attempts {

    private final Clock clock;
    private final Threads threads;
    private final S3Permits permits;

    S3Attempts(Clock clock, Threads threads, S3Permits permits) {
        this.clock = clock;
        this.threads = threads;
        this.permits = permits;
    }

    /** One attempt. Its thread calls {@link #perform}, who waits for it calls {@link #giveUp}. */
    interface Attempt<T> {

        T perform() throws S3Failure;

        /** Nobody waits any more: from now on nothing new reaches the store. Says what may have reached it already. */
        default Effect giveUp() {
            return Effect.ANSWER_LOST;
        }
    }

    private sealed interface Ended<T> {
        record Well<T>(T value) implements Ended<T> {}

        record Badly<T>(S3Failure failure) implements Ended<T> {}

        record ByBug<T>(RuntimeException bug) implements Ended<T> {}
    }

    /** Runs an attempt; an interrupted caller gets a failure that says so, with the flag set again. */
    <T> T run(S3Permits.Use use, Deadline deadline, Attempt<T> attempt) throws S3Failure {
        Pending<Ended<T>> pending = new Pending<>();
        Thread thread = start(use, deadline, attempt, pending);
        Optional<Ended<T>> ended;
        try {
            ended = pending.await(clock, deadline);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw S3Failure.interrupted(giveUp(attempt, thread));
        }
        if (ended.isEmpty()) {
            throw S3Failure.late(giveUp(attempt, thread));
        }
        return switch (ended.get()) {
            case Ended.Well<T>(T value) -> value;
            case Ended.Badly<T>(S3Failure failure) -> throw failure;
            case Ended.ByBug<T>(RuntimeException bug) -> throw bug;
        };
    }

    /** Given up first: a writer whose connection is closed under it goes on, and would be taken for one at its last bytes. */
    private static Effect giveUp(Attempt<?> attempt, Thread thread) {
        Effect effect = attempt.giveUp();
        thread.interrupt();
        return effect;
    }

    private <T> Thread start(S3Permits.Use use, Deadline deadline, Attempt<T> attempt, Pending<Ended<T>> pending)
            throws S3Failure {
        S3Permits.Permit permit;
        try {
            permit = permits.acquire(use, deadline).orElseThrow(S3Failure::crowded);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw S3Failure.interrupted(Effect.NONE);
        }
        boolean started = false;
        try {
            Thread thread = threads.start("s3", () -> pending.complete(performed(attempt, permit)));
            started = true;
            return thread;
        } finally {
            if (!started) {
                permit.close();
            }
        }
    }

    private static <T> Ended<T> performed(Attempt<T> attempt, S3Permits.Permit permit) {
        try (permit) {
            return new Ended.Well<>(attempt.perform());
        } catch (S3Failure e) {
            return new Ended.Badly<>(e);
        } catch (RuntimeException e) {
            return new Ended.ByBug<>(e);
        }
    }
}
