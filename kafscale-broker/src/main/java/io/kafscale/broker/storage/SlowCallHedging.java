// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Makes the slowest calls a second time, as {@link HedgePolicy} says, while the store is healthy: then it is one machine of
 * many that is slow, and the second call meets another. Thread-safe; {@code lock} guards the policy, a bout has its own.
 */
public final class SlowCallHedging implements Hedging {

    private static final Duration LEAST_DELAY = Duration.ofMillis(50);

    private final Clock clock;
    private final Threads threads;
    private final ObjectHealth health;
    private final AtomicLong seconds = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final HedgePolicy policy = new HedgePolicy(LEAST_DELAY.toNanos());

    public SlowCallHedging(Clock clock, Threads threads, ObjectHealth health) {
        this.clock = clock;
        this.threads = threads;
        this.health = health;
    }

    /** How many calls have been made a second time. */
    public long secondCalls() {
        return seconds.get();
    }

    @Override
    public <T> T run(long bytes, Call<T> call) throws InterruptedException {
        OptionalLong delay = begin(bytes);
        if (delay.isPresent() && isHealthy()) {
            return new Bout<>(bytes, call).run(Duration.ofNanos(delay.getAsLong()));
        }
        long begun = clock.monotonicNanos();
        T result = Hedging.NEVER.run(bytes, call);
        if (call.isGood(result)) {
            took(bytes, clock.monotonicNanos() - begun);
        }
        return result;
    }

    private boolean isHealthy() {
        return health.state() == StoreState.HEALTHY;
    }

    private OptionalLong begin(long bytes) {
        lock.lock();
        try {
            return policy.begin(bytes);
        } finally {
            lock.unlock();
        }
    }

    private boolean takeSecond() {
        lock.lock();
        try {
            return policy.takeSecond();
        } finally {
            lock.unlock();
        }
    }

    private void took(long bytes, long nanos) {
        lock.lock();
        try {
            policy.took(bytes, nanos);
        } finally {
            lock.unlock();
        }
    }

    /** How an attempt ended. */
    private sealed interface Ended<T> {
        record Well<T>(T value, boolean isGood) implements Ended<T> {}

        record Badly<T>(RuntimeException cause) implements Ended<T> {}
    }

    /** One call and its one or two attempts, each with a thread of its own. Thread-safe; guarded by {@code turn}. */
    private final class Bout<T> {
        private final long bytes;
        private final Call<T> call;
        private final ReentrantLock turn = new ReentrantLock();
        private final Condition changed = turn.newCondition();

        @GuardedBy("turn")
        private final List<Thread> attempts = new ArrayList<>();

        /** By the number of the attempt, while it runs empty. */
        @GuardedBy("turn")
        private final List<Optional<Ended<T>>> results = new ArrayList<>();

        @GuardedBy("turn")
        private boolean noneBegins;

        private Bout(long bytes, Call<T> call) {
            this.bytes = bytes;
            this.call = call;
        }

        private T run(Duration delay) throws InterruptedException {
            long begun = clock.monotonicNanos();
            try {
                begin();
                if (!awaitFirst(Deadline.after(clock, delay)) && isHealthy() && takeSecond() && call.mayRepeat()) {
                    begin();
                    seconds.incrementAndGet();
                }
                T result = awaitGood();
                if (call.isGood(result)) {
                    took(bytes, clock.monotonicNanos() - begun);
                }
                return result;
            } catch (InterruptedException e) {
                interruptAll();
                awaitAll();
                throw e;
            } finally {
                interruptAll();
                finish();
            }
        }

        private void begin() {
            turn.lock(); // the attempt ends behind this
            try {
                int number = attempts.size();
                results.add(Optional.empty());
                boolean begun = false;
                try {
                    attempts.add(threads.start("hedged call " + number, () -> attempt(number)));
                    begun = true;
                } finally {
                    if (!begun) {
                        results.removeLast();
                    }
                }
            } finally {
                turn.unlock();
            }
        }

        private void attempt(int number) {
            Ended<T> ended = new Ended.Badly<>(new IllegalStateException("the attempt died"));
            try {
                T value = call.attempt();
                ended = new Ended.Well<>(value, call.isGood(value));
            } catch (RuntimeException e) {
                ended = new Ended.Badly<>(e);
            } finally {
                end(number, ended);
            }
        }

        private void end(int number, Ended<T> ended) {
            boolean isLast;
            turn.lock();
            try {
                results.set(number, Optional.of(ended));
                isLast = noneBegins && haveAllEnded();
                changed.signalAll();
            } finally {
                turn.unlock();
            }
            if (isLast) {
                call.ended();
            }
        }

        /** The caller leaves. */
        private void finish() {
            boolean isLast;
            turn.lock();
            try {
                noneBegins = true;
                isLast = haveAllEnded();
            } finally {
                turn.unlock();
            }
            if (isLast) {
                call.ended();
            }
        }

        @GuardedBy("turn")
        private boolean haveAllEnded() {
            return results.stream().allMatch(Optional::isPresent);
        }

        private boolean awaitFirst(Deadline deadline) throws InterruptedException {
            turn.lock();
            try {
                while (!haveAllEnded() && clock.await(turn, changed, deadline)) {
                    // woken: look again
                }
                return haveAllEnded();
            } finally {
                turn.unlock();
            }
        }

        private T awaitGood() throws InterruptedException {
            turn.lock();
            try {
                while (true) {
                    for (Optional<Ended<T>> result : results) {
                        if (result.isPresent()
                                && result.get() instanceof Ended.Well<T>(T value, boolean isGood)
                                && isGood) {
                            return value;
                        }
                    }
                    if (haveAllEnded()) {
                        return switch (results.getFirst().orElseThrow()) {
                            case Ended.Well<T>(T value, boolean isGood) -> value;
                            case Ended.Badly<T>(RuntimeException cause) -> throw cause;
                        };
                    }
                    changed.await();
                }
            } finally {
                turn.unlock();
            }
        }

        private void interruptAll() {
            turn.lock();
            try {
                for (int i = 0; i < attempts.size(); i++) {
                    if (results.get(i).isEmpty()) {
                        attempts.get(i).interrupt();
                    }
                }
            } finally {
                turn.unlock();
            }
        }

        private void awaitAll() {
            turn.lock();
            try {
                while (!haveAllEnded()) {
                    changed.awaitUninterruptibly();
                }
            } finally {
                turn.unlock();
            }
        }
    }
}
