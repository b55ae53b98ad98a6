// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.servers;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.it.process.Patience;
import io.kafscale.it.servers.S3Fault.Act;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;

/**
 * Stands between a broker and its S3 server, reads the requests, and does to each what a {@link S3Fault} says. Which request it
 * does it to follows from a seed and the requests' order. Thread-safe; guarded by {@code lock}.
 */
public final class S3FaultProxy implements AutoCloseable {
    private static final int PIECE = 64 * 1024;
    private static final long GOLDEN = 0x9E3779B97F4A7C15L; // neighbours begin far apart

    private final ServerSocket listener;
    private final int target;
    private final long seed;
    private final AtomicLong requests = new AtomicLong();
    private final AtomicLong injected = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();

    private volatile S3Fault fault = S3Fault.NONE; // the test sets it, connections read it once a request

    @GuardedBy("lock")
    private final Set<Socket> open = new HashSet<>();

    private S3FaultProxy(ServerSocket listener, int target, long seed) {
        this.listener = listener;
        this.target = target;
        this.seed = seed;
    }

    /** A proxy without faults yet. */
    public static S3FaultProxy to(URI endpoint, long seed) {
        try {
            S3FaultProxy proxy = new S3FaultProxy(
                    new ServerSocket(0, 0, InetAddress.getLoopbackAddress()), endpoint.getPort(), seed);
            Thread.ofVirtual().start(proxy::accept);
            return proxy;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort());
    }

    /** From now on this is done to requests. */
    public void inject(S3Fault next) {
        fault = next;
    }

    /** To how many requests something was done. */
    public long injected() {
        return injected.get();
    }

    /** How many requests there were. */
    public long requests() {
        return requests.get();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                keep(client);
                Thread.ofVirtual().start(() -> serve(client));
            }
        } catch (IOException closed) {
            closeAll();
        }
    }

    private void serve(Socket client) {
        try (client;
                Socket server = new Socket(InetAddress.getLoopbackAddress(), target)) {
            keep(server);
            Link link = new Link(
                    new BufferedInputStream(client.getInputStream()),
                    client.getOutputStream(),
                    new BufferedInputStream(server.getInputStream()),
                    server.getOutputStream());
            boolean next = true;
            while (next) {
                Optional<HttpHead> request = HttpHead.read(link.fromClient());
                next = request.isPresent() && exchange(link, request.get());
            }
            forget(server);
        } catch (IOException broken) {
            // as if the network had
        } finally {
            forget(client);
        }
    }

    /** Passes one request and its answer; false: the connection is over. */
    private boolean exchange(Link link, HttpHead request) throws IOException {
        RandomGenerator random = new SplittableRandom(seed ^ requests.incrementAndGet() * GOLDEN);
        Act act = fault.on(S3Request.of(request), random);
        if (!(act instanceof Act.Pass)) {
            injected.incrementAndGet();
        }
        if (act instanceof Act.Answer answer) {
            return refuse(link, request, answer);
        }
        if (act instanceof Act.Delay delay) {
            Patience.hold(delay.time());
        }
        link.toServer().write(request.bytes());
        HttpHead answer;
        if (request.waitsForContinue()) {
            answer = head(link.fromServer());
            if (answer.status() != 100) {
                link.toClient().write(answer.bytes());
                passBody(link.fromServer(), link.toClient(), answer, new Act.Pass());
                return false;
            }
            link.toClient().write(answer.bytes());
        }
        passBody(link.fromClient(), link.toServer(), request, act instanceof Act.StallRequest ? act : new Act.Pass());
        answer = head(link.fromServer());
        if (act instanceof Act.DropAnswer) {
            return false;
        }
        link.toClient().write(answer.bytes());
        boolean bodiless = request.method().equals("HEAD") || answer.status() == 204 || answer.status() == 304;
        boolean whole = bodiless || passBody(link.fromServer(), link.toClient(), answer, act);
        return whole
                && answer.field("connection").filter("close"::equalsIgnoreCase).isEmpty();
    }

    private static boolean refuse(Link link, HttpHead request, Act.Answer act) throws IOException {
        if (!request.waitsForContinue()) {
            passBody(link.fromClient(), OutputStream.nullOutputStream(), request, new Act.Pass());
        }
        byte[] body = request.method().equals("HEAD")
                ? new byte[0]
                : ("<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>" + act.code()
                                + "</Code><Message>injected</Message></Error>")
                        .getBytes(StandardCharsets.UTF_8);
        HttpHead answer = new HttpHead(
                "HTTP/1.1 " + act.status() + " Injected",
                List.of("Content-Type: application/xml", "Content-Length: " + body.length));
        link.toClient().write(answer.bytes());
        link.toClient().write(body);
        return !request.waitsForContinue();
    }

    private static HttpHead head(InputStream in) throws IOException {
        return HttpHead.read(in).orElseThrow(EOFException::new);
    }

    /** Passes a body, with what {@code act} does to it; false: not all of it. */
    private static boolean passBody(InputStream from, OutputStream to, HttpHead head, Act act) throws IOException {
        if (head.isChunked()) {
            passChunks(from, to);
            return true;
        }
        long length = head.contentLength();
        long half = length / 2;
        passBytes(from, to, half, act, 0, length);
        switch (act) {
            case Act.StallRequest stall -> Patience.hold(stall.time());
            case Act.StallAnswer stall -> Patience.hold(stall.time());
            case Act.CutAnswer cut -> {
                return length == 0;
            }
            default -> {}
        }
        passBytes(from, to, length - half, act, half, length);
        return true;
    }

    private static void passBytes(InputStream from, OutputStream to, long count, Act act, long start, long length)
            throws IOException {
        byte[] piece = new byte[PIECE];
        for (long at = start; at < start + count; ) {
            int got = from.read(piece, 0, Math.toIntExact(Math.min(PIECE, start + count - at)));
            if (got < 0) {
                throw new EOFException();
            }
            if (act instanceof Act.FlipAnswer flip) {
                long wrong = flip.position() % length - at;
                if (wrong >= 0 && wrong < got) {
                    piece[Math.toIntExact(wrong)] ^= (byte) (1 << flip.position() % 8);
                }
            }
            to.write(piece, 0, got);
            at += got;
        }
    }

    private static void passChunks(InputStream from, OutputStream to) throws IOException {
        int size;
        do {
            String line = HttpHead.line(from);
            to.write((line + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
            size = Integer.parseInt(line.split(";", 2)[0].strip(), 16);
            passBytes(from, to, size, new Act.Pass(), 0, size);
            to.write((HttpHead.line(from) + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        } while (size > 0);
    }

    private void keep(Socket socket) {
        lock.lock();
        try {
            open.add(socket);
        } finally {
            lock.unlock();
        }
    }

    private void forget(Socket socket) {
        lock.lock();
        try {
            open.remove(socket);
        } finally {
            lock.unlock();
        }
    }

    private void closeAll() {
        List<Socket> all;
        lock.lock();
        try {
            all = List.copyOf(open);
            open.clear();
        } finally {
            lock.unlock();
        }
        all.forEach(S3FaultProxy::close);
    }

    private static void close(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception failure) {
            throw new IllegalStateException(failure);
        }
    }

    @Override
    public void close() {
        close(listener);
        closeAll();
    }

    /** The four ends of two connections. Confined to one thread. */
    private record Link(InputStream fromClient, OutputStream toClient, InputStream fromServer, OutputStream toServer) {}
}
