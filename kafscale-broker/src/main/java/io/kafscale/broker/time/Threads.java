// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.time;

/**
 * Starts the threads of one broker and knows them until they end, so that closing a broker leaves none behind. A
 * simulation supplies its own. Thread-safe.
 */
public interface Threads extends AutoCloseable {

    /**
     * Starts a virtual thread. What the body throws is logged as a bug; it never ends the process.
     *
     * @param name what the thread is for, as it appears in a thread dump
     */
    Thread start(String name, Runnable body);

    /** Starts a platform thread, for the few loops that block inside the operating system for ever. */
    Thread startPlatform(String name, Runnable body);

    /** Interrupts the threads that still run and waits for them, at most the time stated by the implementation. */
    @Override
    void close();
}
