// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.time.Threads;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** A call that runs on a thread of its own while a test goes on. Thread-safe. */
final class InBackground<T> {

    private final CompletableFuture<T> result = new CompletableFuture<>();

    private InBackground() {}

    static <T> InBackground<T> start(Threads threads, Callable<T> call) {
        InBackground<T> background = new InBackground<>();
        threads.start("test call", () -> background.run(call));
        return background;
    }

    @SuppressWarnings("IllegalCatch")
    private void run(Callable<T> call) {
        try {
            result.complete(call.call());
        } catch (Exception | AssertionError failure) {
            result.completeExceptionally(failure);
        }
    }

    /** Waits for the result; what the call threw is thrown here. */
    T result() throws InterruptedException {
        try {
            return result.get();
        } catch (ExecutionException failure) {
            throw new AssertionError(failure.getCause());
        }
    }
}
