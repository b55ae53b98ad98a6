// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.handler.Answer;
import io.kafscale.broker.handler.RequestContext;
import io.kafscale.broker.network.FrameReader.Incoming;
import io.kafscale.broker.network.OwedAnswers.Owed;
import io.kafscale.broker.protocol.Decoded;
import io.kafscale.broker.protocol.RequestHeader;
import io.kafscale.broker.protocol.ResponseEncoder;
import io.kafscale.broker.time.Deadline;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * One client's connection.
 *
 * <pre>
 * reader thread:  frame ─▶ request ─▶ handler ─▶ answer there, nothing owed before it?  ─▶ send it here
 *                                                otherwise ─▶ owed answers (bounded)
 * writer thread:                                              first owed ─▶ wait for it ─▶ send it
 * </pre>
 *
 * <p>A request that may not overlap starts when nothing is owed. The writer thread starts with the first answer that
 * comes later, so a consumer's connection has one thread only. Either thread ends the connection by the rules that it sees
 * broken; what was owed before is sent first, then the output is shut and what the peer still sends is thrown away for a
 * moment, because closing a socket with unread bytes would destroy the last answers on their way.
 *
 * <p>While a handler waits for something to happen, a third thread looks out for a peer that leaves, from a moment on after
 * which few handlers still wait; then the handler is broken off. Thread-safe; guarded by {@code lock}.
 */
final class Connection {

    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    /** For the peer to take the last answers and leave. */
    private static final Duration PARTING = Duration.ofSeconds(2);

    /** What may wait for so long is worth a thread that looks whether its peer is still there. */
    private static final Duration LOOKOUT_AFTER = Duration.ofSeconds(2);

    private final Socket socket;
    private final String peer;
    private final Service service;
    private final Runnable onSettled;
    private final PeerStream in;
    private final FrameReader frames;
    private final FrameWriter out;
    private final Patience reading = new Patience();
    private final Patience writing = new Patience();
    private final OwedAnswers owed;
    private final Turn turn = new Turn();
    private final AtomicBoolean lookingOut = new AtomicBoolean();
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private Optional<Thread> writer = Optional.empty();

    /** @param onSettled called when a draining connection owes nothing any more */
    Connection(Socket socket, Service service, Runnable onSettled) throws IOException {
        this.socket = socket;
        this.peer = "/" + socket.getInetAddress().getHostAddress();
        this.service = service;
        this.onSettled = onSettled;
        this.owed = new OwedAnswers(service.limits().frames().pendingAnswers());
        this.in = new PeerStream(socket.getInputStream());
        this.frames = new FrameReader(in, service.limits(), service.budget(), reading, service.clock());
        this.out = new FrameWriter(socket.getOutputStream(), service.limits().times(), writing, service.clock());
    }

    /** Serves the peer on the calling thread until one side ends it. */
    void run() {
        turn.readBy(Thread.currentThread());
        try {
            serve();
            owed.complete();
            owed.awaitClear();
            part();
            frames.discard();
        } catch (IOException peerLeft) {
            log(Level.DEBUG, "connection lost", peerLeft.toString());
        } catch (InterruptedException closing) {
            log(Level.DEBUG, "connection broken off at closing", "");
        } catch (RuntimeException bug) {
            LOG.atError().setCause(bug).addKeyValue("peer", peer).log("request failed by a bug");
        } finally {
            turn.readByNobody();
            owed.abandon();
            closeSocket();
            endWriter();
        }
    }

    private void serve() throws IOException, InterruptedException {
        boolean goOn = true;
        while (goOn) {
            // Nothing here may keep the frame of a request that can do without: its handler may wait for long.
            Optional<Taken> taken = take();
            goOn = taken.isPresent() && answer(taken.get());
        }
    }

    /** A request, with the share of its frame if it needs that. Immutable. */
    private record Taken(Decoded.Request request, Optional<FrameShare> frame, long receivedNanos) {}

    /** Waits for the next request; empty when the connection is to end. */
    private Optional<Taken> take() throws IOException, InterruptedException {
        return switch (frames.next()) {
            case Incoming.End end -> Optional.empty();
            case Incoming.CutOff cutOff -> end(Level.DEBUG, "peer left within a frame", cutOff.detail());
            case Incoming.BadLength bad -> refuse("frame length out of range", Integer.toString(bad.length()));
            case Incoming.Frame frame -> decode(frame);
        };
    }

    private Optional<Taken> decode(Incoming.Frame frame) {
        long received = service.clock().monotonicNanos();
        boolean kept = false;
        try {
            return switch (service.decoder().decode(frame.bytes())) {
                case Decoded.Malformed malformed -> refuse("malformed request", malformed.reason());
                case Decoded.UnsupportedVersion unsupported ->
                    refuse(
                            "unsupported version",
                            unsupported.header().apiName() + " "
                                    + unsupported.header().version());
                case Decoded.Request request -> {
                    kept = request.header().needsItsFrame();
                    yield Optional.of(
                            new Taken(request, kept ? Optional.of(frame.share()) : Optional.empty(), received));
                }
            };
        } finally {
            if (!kept) {
                frame.share().close();
            }
        }
    }

    /** Runs the handler; false when the connection is to end. */
    private boolean answer(Taken taken) throws IOException, InterruptedException {
        RequestHeader header = taken.request().header();
        boolean handedOver = false;
        try {
            if ((!header.mayOverlap() && !owed.awaitClear())
                    || !turn.begin(header.mayBeBrokenOff(), taken.receivedNanos())) {
                return false;
            }
            Answer answer =
                    service.router().handle(context(header), taken.request().message());
            turn.handlerReturned();
            Owed next = new Owed(header, answer, taken.frame(), taken.receivedNanos());
            handedOver = true;
            if (owed.isClear() && !(answer instanceof Answer.Later)) {
                return send(next);
            }
            startWriter();
            return owed.add(next);
        } finally {
            if (!handedOver) {
                taken.frame().ifPresent(FrameShare::close);
            }
            turn.end();
            settleIfDraining();
        }
    }

    private RequestContext context(RequestHeader header) {
        return new RequestContext(header.api(), header.version(), header.correlationId(), header.clientId(), peer);
    }

    /** Waits for the answer if need be, and sends it; false when the connection is to end instead. */
    private boolean send(Owed next) throws IOException, InterruptedException {
        try (Owed held = next) {
            Answer answer = held.answer() instanceof Answer.Later later
                    ? later.completion().await()
                    : held.answer();
            switch (answer) {
                case Answer.Ready ready -> write(held.header(), ready);
                case Answer.Silent silent -> {}
                case Answer.Disconnect disconnect -> {
                    return stop(Level.INFO, "connection closed by its request", disconnect.reason());
                }
                case Answer.Later later -> throw new IllegalStateException("an answer put off twice");
            }
        }
        trace(next);
        return true;
    }

    private void write(RequestHeader header, Answer.Ready ready) throws IOException {
        try (ready) {
            out.write(ResponseEncoder.encode(header, ready.message()));
        }
    }

    private void startWriter() {
        lock.lock();
        try {
            if (writer.isEmpty()) {
                writer = Optional.of(
                        service.threads().start(Thread.currentThread().getName() + "-answers", this::writeAnswers));
            }
        } finally {
            lock.unlock();
        }
    }

    private void writeAnswers() {
        try {
            for (Optional<Owed> next = owed.first(); next.isPresent(); next = owed.first()) {
                if (!send(next.get())) {
                    owed.abandon();
                    part();
                    return;
                }
                owed.done();
                settleIfDraining();
            }
        } catch (IOException peerLeft) {
            log(Level.DEBUG, "connection lost", peerLeft.toString());
            abort();
        } catch (InterruptedException closing) {
            abort();
        } catch (RuntimeException bug) {
            LOG.atError().setCause(bug).addKeyValue("peer", peer).log("answer failed by a bug");
            abort();
        }
    }

    private void endWriter() {
        Optional<Thread> ending;
        lock.lock();
        try {
            ending = writer;
        } finally {
            lock.unlock();
        }
        ending.ifPresent(thread -> {
            thread.interrupt();
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Takes no further requests; those that were taken are answered, those that only wait are broken off. */
    void drain() {
        turn.noMore();
        turn.breakOff();
        settleIfDraining();
    }

    /** Whether a draining connection owes nothing any more. */
    boolean isSettled() {
        return turn.isSettled();
    }

    /** Ends it now, whatever is owed. */
    void abort() {
        owed.abandon();
        closeSocket();
        turn.interrupt();
    }

    /** Closes the socket when the peer has kept us or others waiting for too long, and sees to it that a peer is missed. */
    void watch() {
        NetworkLimits.Times times = service.limits().times();
        Patience.Wait exceeded =
                reading.exceeded(service.clock(), service.budget().waitingSinceNanos(), times.frame());
        if (exceeded == Patience.Wait.NOTHING) {
            exceeded = writing.exceeded(service.clock(), service.answers().waitingSinceNanos(), times.answer());
        }
        if (exceeded != Patience.Wait.NOTHING) {
            boolean blameless = exceeded == Patience.Wait.REQUEST || exceeded == Patience.Wait.PEER_TO_LEAVE;
            if (blameless) {
                log(Level.DEBUG, "peer keeps us waiting", exceeded.name());
            } else {
                warn("peer keeps us waiting", exceeded.name());
            }
            closeSocket();
        } else if (turn.waitsSince(service.clock().monotonicNanos() - LOOKOUT_AFTER.toNanos())
                && lookingOut.compareAndSet(false, true)) {
            service.threads().start(peer + "-lookout", this::lookOut);
        }
    }

    private void lookOut() {
        if (!in.isThere()) {
            log(Level.DEBUG, "peer left while its request waited", "");
            turn.noMore();
            turn.breakOff();
        }
        lookingOut.set(false);
    }

    private void settleIfDraining() {
        if (turn.settle(owed::isEmpty)) {
            part();
            onSettled.run();
        }
    }

    /** Sends the end of the stream, and gives the peer a moment to see it. */
    private void part() {
        turn.noMore();
        reading.endBy(Deadline.after(service.clock(), PARTING));
        try {
            if (!socket.isOutputShutdown()) {
                socket.shutdownOutput();
            }
        } catch (IOException peerLeft) {
            closeSocket();
        }
    }

    private void closeSocket() {
        try {
            socket.close();
        } catch (IOException e) {
            log(Level.DEBUG, "socket does not close", e.toString());
        }
    }

    private Optional<Taken> end(Level level, String message, String detail) {
        log(level, message, detail);
        return Optional.empty();
    }

    private Optional<Taken> refuse(String message, String detail) {
        warn(message, detail);
        return Optional.empty();
    }

    private boolean stop(Level level, String message, String detail) {
        log(level, message, detail);
        return false;
    }

    /** A warning that anybody can cause as often as he likes. */
    private void warn(String message, String detail) {
        service.warnings()
                .count(message)
                .ifPresent(count -> LOG.atWarn()
                        .addKeyValue("peer", peer)
                        .addKeyValue("detail", detail)
                        .addKeyValue("count", count)
                        .log(message));
    }

    private void log(Level level, String message, String detail) {
        LOG.atLevel(level)
                .addKeyValue("peer", peer)
                .addKeyValue("detail", detail)
                .log(message);
    }

    private void trace(Owed answered) {
        if (service.traceRequests()) {
            LOG.atDebug()
                    .addKeyValue("api", answered.header().apiName())
                    .addKeyValue("version", answered.header().version())
                    .addKeyValue("client", answered.header().clientId())
                    .addKeyValue("correlation", answered.header().correlationId())
                    .addKeyValue("peer", peer)
                    .addKeyValue("micros", (service.clock().monotonicNanos() - answered.receivedNanos()) / 1_000)
                    .log("request");
        }
    }
}
