// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The right to be connected: so many in all, so many from one address. Thread-safe; guarded by {@code lock}.
 */
final class ConnectionPermits implements AutoCloseable {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition freed = lock.newCondition();
    private final NetworkLimits.Connections limits;

    @GuardedBy("lock")
    private final Map<InetAddress, Integer> byAddress = new HashMap<>();

    @GuardedBy("lock")
    private int taken;

    @GuardedBy("lock")
    private boolean closed;

    /** A permit for one connection, given back by closing it once. Confined to one thread at a time. */
    final class Permit implements AutoCloseable {

        private Optional<InetAddress> address = Optional.empty();

        private Permit() {}

        /** Counts the connection for that address too; false, and nothing counted, when it has too many. */
        boolean bind(InetAddress peer) {
            if (!admit(peer)) {
                return false;
            }
            address = Optional.of(peer);
            return true;
        }

        @Override
        public void close() {
            release(address);
        }
    }

    ConnectionPermits(NetworkLimits.Connections limits) {
        this.limits = limits;
    }

    /** Waits for a permit; empty once {@link #close()} was called. */
    Optional<Permit> take() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (taken >= limits.all() && !closed) {
                freed.await();
            }
            if (closed) {
                return Optional.empty();
            }
            taken++;
            return Optional.of(new Permit());
        } finally {
            lock.unlock();
        }
    }

    private boolean admit(InetAddress address) {
        lock.lock();
        try {
            int count = byAddress.getOrDefault(address, 0);
            if (count >= limits.perAddress()) {
                return false;
            }
            byAddress.put(address, count + 1);
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void release(Optional<InetAddress> address) {
        lock.lock();
        try {
            taken--;
            address.ifPresent(peer -> byAddress.computeIfPresent(peer, (same, count) -> count > 1 ? count - 1 : null));
            freed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Gives no more permits and wakes who waits for one; those that are out stay valid. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            freed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
