// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

/** Whether a call that takes unusually long is made a second time beside the first. Implementations are thread-safe. */
public interface Hedging {

    /** Every call is made once, by the thread of its caller. */
    Hedging NEVER = new Hedging() {
        @Override
        public <T> T run(long bytes, Call<T> call) {
            try {
                return call.attempt();
            } finally {
                call.ended();
            }
        }
    };

    /** What may be made twice. Its methods are called by several threads, one after the other but for the attempts. */
    @FunctionalInterface
    interface Call<T> {

        /** Makes the call; the first, and then perhaps another one while the first goes on. */
        T attempt();

        /** Whether a result is what was wanted, so that the other attempt is of no use any more. */
        default boolean isGood(T result) {
            return true;
        }

        /** Asked before a second attempt begins, which it may refuse. */
        default boolean mayRepeat() {
            return true;
        }

        /** No attempt is running any more, nor will one begin; called once, perhaps long after the result. */
        default void ended() {}
    }

    /**
     * Makes a call, and answers the first good result; the attempt that is still running then is interrupted, and nobody
     * waits for it. Without a good one: what the first attempt came to.
     *
     * @param bytes how many it carries
     * @throws StorageException what the first attempt threw
     * @throws InterruptedException when no attempt is running any more
     */
    <T> T run(long bytes, Call<T> call) throws InterruptedException;
}
