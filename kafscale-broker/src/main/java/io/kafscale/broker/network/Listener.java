// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.handler.ApiRouter;
import io.kafscale.broker.network.ConnectionPermits.Permit;
import io.kafscale.broker.protocol.RequestDecoder;
import io.kafscale.broker.protocol.RequestLimits;
import io.kafscale.broker.protocol.VersionTable;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Threads;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A port on which clients are served: one named thread accepts, a second one closes connections whose peers keep us waiting.
 * Thread-safe.
 */
public final class Listener implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Listener.class);

    private static final int BACKLOG = 1024;
    private static final Duration WATCH_INTERVAL = Duration.ofSeconds(1);
    private static final Duration ACCEPT_RETRY = Duration.ofMillis(100);
    private static final Duration WARNING_INTERVAL = Duration.ofSeconds(10);

    /** At closing: for peers to take their last answers, and then for threads to end. */
    private static final Duration PARTING = Duration.ofMillis(250);

    private static final Duration ENDING = Duration.ofSeconds(1);

    private final ServerSocket server;
    private final NetworkLimits limits;
    private final Clock clock;
    private final Threads threads;
    private final ConnectionPermits permits;
    private final Connections connections;
    private final AtomicBoolean started = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final AtomicLong accepted = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();

    /** Set once by {@link #start}; read by {@link #close}. */
    private volatile List<Thread> ownThreads = List.of();

    /** When the next refusal may be logged. Confined to the accepting thread. */
    private Deadline quietUntil;

    private Listener(ServerSocket server, NetworkLimits limits, Clock clock, Threads threads) {
        this.server = server;
        this.limits = limits;
        this.clock = clock;
        this.threads = threads;
        this.permits = new ConnectionPermits(limits.connections());
        this.connections = new Connections(clock);
        this.quietUntil = Deadline.after(clock, Duration.ZERO);
    }

    /**
     * Opens the port; peers that come before {@link #start} wait in the system's queue.
     *
     * @param address port 0 for any free one
     */
    public static Listener bind(InetSocketAddress address, NetworkLimits limits, Clock clock, Threads threads)
            throws IOException {
        ServerSocket server = new ServerSocket();
        try {
            server.setReuseAddress(true);
            server.bind(address, BACKLOG);
        } catch (IOException e) {
            server.close();
            throw e;
        }
        return new Listener(server, limits, clock, threads);
    }

    /** The port, also when the system has chosen it. */
    public int port() {
        return server.getLocalPort();
    }

    /** Connections that are open now. */
    public int openConnections() {
        return connections.count();
    }

    /** Connections closed at once because their address had too many. */
    public long refusedConnections() {
        return refused.get();
    }

    /**
     * Begins to accept and serve connections; to be called once.
     *
     * @param answers what handlers take the memory of large answers from
     * @param traceRequests writes a debug line for each request, never with its contents
     */
    public void start(ApiRouter router, ByteBudget answers, boolean traceRequests) {
        if (!started.compareAndSet(false, true)) {
            throw new IllegalStateException("started twice");
        }
        Service service = new Service(
                limits,
                clock,
                threads,
                new RequestDecoder(VersionTable.current(), RequestLimits.STANDARD),
                router,
                new Service.Common(
                        new FrameBudget(
                                clock,
                                limits.frames().budgetBytes(),
                                limits.frames().maxBytes()),
                        answers,
                        new RareWarnings(clock, WARNING_INTERVAL)),
                traceRequests);
        ownThreads = List.of(
                threads.startPlatform("kafka-acceptor-" + port(), () -> acceptAll(service)),
                threads.start("kafka-connection-watchdog-" + port(), this::watch));
    }

    private void acceptAll(Service service) {
        try {
            for (Optional<Permit> permit = permits.take(); permit.isPresent(); permit = permits.take()) {
                accept(permit.get(), service);
            }
        } catch (InterruptedException closing) {
            LOG.atDebug().log("accepting broken off");
        }
    }

    private void accept(Permit permit, Service service) throws InterruptedException {
        boolean handedOver = false;
        try {
            Socket socket = server.accept();
            handedOver = serve(socket, permit, service);
        } catch (IOException e) {
            if (!server.isClosed()) {
                LOG.atWarn().setCause(e).log("connection not accepted");
                clock.sleep(ACCEPT_RETRY);
            }
        } catch (RuntimeException | Error bug) {
            // Not even for want of memory may the only thread that accepts end.
            LOG.atError().setCause(bug).log("connection not served because of a bug");
            clock.sleep(ACCEPT_RETRY);
        } finally {
            if (!handedOver) {
                permit.close();
            }
        }
    }

    private boolean serve(Socket socket, Permit permit, Service service) {
        boolean handedOver = false;
        try {
            if (permit.bind(socket.getInetAddress())) {
                socket.setTcpNoDelay(true);
                socket.setKeepAlive(true);
                Connection connection = new Connection(socket, service, connections::settled);
                handedOver = connections.add(connection) && startThread(connection, permit);
            } else {
                refused(socket);
            }
        } catch (IOException peerLeft) {
            LOG.atDebug().addKeyValue("detail", peerLeft.toString()).log("peer left at once");
        } finally {
            if (!handedOver) {
                close(socket);
            }
        }
        return handedOver;
    }

    private boolean startThread(Connection connection, Permit permit) {
        boolean running = false;
        try {
            threads.start("kafka-connection-" + accepted.incrementAndGet(), () -> {
                try (permit) {
                    connection.run();
                } finally {
                    connections.remove(connection);
                }
            });
            running = true;
            return true;
        } finally {
            if (!running) {
                connections.remove(connection);
            }
        }
    }

    private void refused(Socket socket) {
        long count = refused.incrementAndGet();
        if (quietUntil.passed(clock)) {
            quietUntil = Deadline.after(clock, WARNING_INTERVAL);
            LOG.atWarn()
                    .addKeyValue("peer", socket.getInetAddress())
                    .addKeyValue("limit", limits.connections().perAddress())
                    .addKeyValue("refused", count)
                    .log("too many connections from one address");
        }
    }

    private void watch() {
        try {
            while (!closed.get()) {
                clock.sleep(WATCH_INTERVAL);
                connections.all().forEach(Listener::watch);
            }
        } catch (InterruptedException closing) {
            LOG.atDebug().log("watching broken off");
        }
    }

    /** A bug with one connection must not leave all others unwatched. */
    private static void watch(Connection connection) {
        try {
            connection.watch();
        } catch (RuntimeException | Error bug) {
            LOG.atError().setCause(bug).log("connection not watched because of a bug");
        }
    }

    /** Stops accepting, lets requests in flight be answered within the limit, then closes every connection. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        permits.close();
        close(server);
        connections.drain();
        try {
            connections.awaitSettled(Deadline.after(clock, limits.times().drain()));
            connections.awaitNone(Deadline.after(clock, PARTING));
            connections.all().forEach(Connection::abort);
            if (!connections.awaitNone(Deadline.after(clock, ENDING))) {
                LOG.atError().addKeyValue("left", connections.count()).log("connections do not end");
            }
            for (Thread thread : ownThreads) {
                thread.interrupt();
                thread.join();
            }
        } catch (InterruptedException e) {
            connections.all().forEach(Connection::abort);
            ownThreads.forEach(Thread::interrupt);
            Thread.currentThread().interrupt();
        }
    }

    private static void close(Closeable socket) {
        try {
            socket.close();
        } catch (IOException e) {
            LOG.atDebug().addKeyValue("detail", e.toString()).log("socket does not close");
        }
    }
}
