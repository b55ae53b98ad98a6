// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.etcd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Stands between a client and etcd, cuts all connections when told to, and lets a test act just before an answer passes,
 * when etcd has done what it was asked and the client does not know. It knows the frames of HTTP/2. Thread-safe; guarded by
 * {@code lock}.
 */
public final class CuttingProxy implements AutoCloseable {
    private static final int HEADER = 9;

    private final ServerSocket listener;
    private final int target;
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicInteger cuts = new AtomicInteger();

    /** What is done before the next frame with data passes to the client. */
    private final AtomicReference<Optional<Runnable>> beforeAnswer = new AtomicReference<>(Optional.empty());

    @GuardedBy("lock")
    private final List<Closeable> open = new ArrayList<>();

    private CuttingProxy(ServerSocket listener, int target) {
        this.listener = listener;
        this.target = target;
    }

    /** A proxy to a port of this machine. */
    public static CuttingProxy to(int target) {
        try {
            CuttingProxy proxy = new CuttingProxy(new ServerSocket(0, 0, InetAddress.getLoopbackAddress()), target);
            Thread.ofVirtual().start(proxy::accept);
            return proxy;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** Does something once, before the next answer passes. */
    public void beforeNextAnswer(Runnable action) {
        beforeAnswer.set(Optional.of(action));
    }

    /** Cuts all connections in place of the next answer. */
    public void cutInsteadOfNextAnswer() {
        beforeNextAnswer(this::cut);
    }

    /** How often it has cut. */
    public int cuts() {
        return cuts.get();
    }

    /** Cuts all connections now. */
    public void cut() {
        cuts.incrementAndGet();
        List<Closeable> all;
        lock.lock();
        try {
            all = List.copyOf(open);
            open.clear();
        } finally {
            lock.unlock();
        }
        all.forEach(CuttingProxy::close);
    }

    private void accept() {
        try {
            while (true) {
                join(listener.accept());
            }
        } catch (IOException closed) {
            cut();
        }
    }

    private void join(Socket client) {
        try {
            Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
            lock.lock();
            try {
                open.addAll(List.of(client, server));
            } finally {
                lock.unlock();
            }
            Thread.ofVirtual().start(() -> passRequests(client, server));
            Thread.ofVirtual().start(() -> passAnswers(server, client));
        } catch (IOException nobodyThere) {
            close(client);
        }
    }

    private static void passRequests(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException broken) {
            // as if the network had
        }
    }

    private void passAnswers(Socket from, Socket to) {
        try (from;
                to;
                InputStream buffered = new BufferedInputStream(from.getInputStream());
                DataInputStream in = new DataInputStream(buffered)) {
            while (true) {
                byte[] header = new byte[HEADER];
                in.readFully(header);
                byte[] body = new byte[(header[0] & 0xff) << 16 | (header[1] & 0xff) << 8 | (header[2] & 0xff)];
                in.readFully(body);
                if (header[3] == 0 && body.length > 0) {
                    beforeAnswer.getAndSet(Optional.empty()).ifPresent(Runnable::run);
                }
                to.getOutputStream().write(header);
                to.getOutputStream().write(body);
            }
        } catch (IOException broken) {
            // as if the network had
        }
    }

    private static void close(Closeable socket) {
        try {
            socket.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public void close() {
        close(listener);
        cut();
    }
}
