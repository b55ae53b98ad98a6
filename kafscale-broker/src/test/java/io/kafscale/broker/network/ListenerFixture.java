// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.SystemClock;
import io.kafscale.broker.time.SystemThreads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A listener on the loopback interface with scripted handlers, and the peers that a test connects. Confined to a test. */
final class ListenerFixture implements AutoCloseable {

    static final NetworkLimits LIMITS = new NetworkLimits(
            new NetworkLimits.Connections(10_000, 10_000),
            new NetworkLimits.Frames(8 << 20, 64 << 20, 100),
            new NetworkLimits.Times(
                    Duration.ofMinutes(10),
                    Duration.ofSeconds(30),
                    16 << 10,
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(30),
                    16 << 10,
                    Duration.ofSeconds(20)));

    final ByteBudget answers = new ByteBudget(new SystemClock(), 1 << 20);
    final SystemThreads threads = new SystemThreads();
    final ScriptedHandlers handlers;
    final Listener listener;
    private final List<Peer> peers = new ArrayList<>();

    ListenerFixture() throws IOException {
        this(LIMITS, new SystemClock(), new ScriptedHandlers());
    }

    ListenerFixture(NetworkLimits limits, Clock clock, ScriptedHandlers handlers) throws IOException {
        this.handlers = handlers;
        listener = Listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), limits, clock, threads);
        listener.start(handlers.router(), answers, true);
    }

    Peer connect() throws IOException {
        Peer peer = new Peer(listener.port());
        peers.add(peer);
        return peer;
    }

    /** Gives other threads many chances to do what they should not, by asking something on a connection of its own. */
    void letOthersRun() throws IOException {
        try (Peer peer = new Peer(listener.port())) {
            for (int i = 0; i < 50; i++) {
                peer.heartbeat(i);
                peer.frame();
            }
        }
    }

    /** Waits, without limit, until no more than so many connections are open. */
    void awaitOpenConnections(int count) {
        while (listener.openConnections() > count) {
            Thread.onSpinWait();
        }
    }

    /** Waits, without limit, until no more than so many threads run. */
    void awaitThreads(int count) {
        while (threads.running().size() > count) {
            Thread.onSpinWait();
        }
    }

    @Override
    public void close() throws IOException {
        for (Peer peer : peers) {
            peer.close();
        }
        listener.close();
        threads.close();
    }
}
