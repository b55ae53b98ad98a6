// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a peer sends, and a way to notice that it has left while nobody wants its bytes: another thread waits for the next
 * byte, which the next read then begins with. A read that comes meanwhile waits behind it, for the same byte. Thread-safe;
 * guarded by {@code lock}, which is held while the socket is read and is released when that is closed.
 */
final class PeerStream {

    private static final int NOTHING = -1;

    private final InputStream in;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private int seen = NOTHING;

    PeerStream(InputStream in) {
        this.in = in;
    }

    /** Reads as {@link InputStream#read(byte[], int, int)} does. */
    int read(byte[] target, int from, int count) throws IOException {
        lock.lock();
        try {
            if (seen == NOTHING) {
                return in.read(target, from, count);
            }
            target[from] = (byte) seen;
            seen = NOTHING;
            return 1;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until the peer has sent something; false when it has left instead. */
    boolean isThere() {
        lock.lock();
        try {
            if (seen == NOTHING) {
                seen = in.read();
            }
            return seen != NOTHING;
        } catch (IOException gone) {
            return false;
        } finally {
            lock.unlock();
        }
    }
}
