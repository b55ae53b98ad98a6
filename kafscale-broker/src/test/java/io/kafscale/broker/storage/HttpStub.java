// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/** A server on loopback that does with each request what a script says, however ill that is. Thread-safe. */
final class HttpStub implements AutoCloseable {

    private static final int SMALL_BUFFER = 8 << 10;

    private final ServerSocket listener;
    private final Queue<Deed> script = new ConcurrentLinkedQueue<>();
    private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();
    private final Queue<String> requests = new ConcurrentLinkedQueue<>();
    private final CountDownLatch end = new CountDownLatch(1);

    /** What the server does when a request's headers are there. */
    interface Deed {
        void on(Exchange exchange) throws IOException, InterruptedException;
    }

    HttpStub() throws IOException {
        listener = new ServerSocket();
        // so that who is not read soon notices
        listener.setReceiveBufferSize(SMALL_BUFFER);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        Thread.ofVirtual().start(this::accept);
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort());
    }

    /** Where nobody listens. */
    static URI unusedAddress() throws IOException {
        try (ServerSocket unused = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return URI.create("http://127.0.0.1:" + unused.getLocalPort());
        }
    }

    /** Adds what is to be done with the next request; the last deed is done with all that follow. */
    HttpStub then(Deed deed) {
        script.add(deed);
        return this;
    }

    /** Methods and paths of the requests so far. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException closed) {
            // the test is over
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            while (true) {
                Exchange exchange = new Exchange(in, socket.getOutputStream());
                requests.add(exchange.requestLine);
                Deed deed = script.size() > 1 ? script.remove() : script.element();
                deed.on(exchange);
                if (exchange.hangsUp) {
                    return;
                }
            }
        } catch (IOException | InterruptedException gone) {
            // the client has left, or the test is over
        }
    }

    /** One request, and the ways to deal with it. Confined to the thread of its connection. */
    final class Exchange {
        private final InputStream in;
        private final OutputStream out;
        private final String requestLine;
        private final Map<String, String> headers = new TreeMap<>();
        private boolean hangsUp;

        private Exchange(InputStream in, OutputStream out) throws IOException {
            this.in = in;
            this.out = out;
            this.requestLine = line();
            for (String line = line(); !line.isEmpty(); line = line()) {
                int colon = line.indexOf(':');
                headers.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int c = in.read(); c != '\n'; c = in.read()) {
                if (c < 0) {
                    throw new IOException("closed");
                }
                line.append((char) c);
            }
            return line.toString().strip();
        }

        String header(String name) {
            return headers.getOrDefault(name, "");
        }

        /** Reads the whole body. */
        Exchange readBody() throws IOException {
            in.skipNBytes(Long.parseLong(headers.getOrDefault("content-length", "0")));
            return this;
        }

        /** Sends text as it is. */
        Exchange send(String text) throws IOException {
            out.write(text.getBytes(ISO_8859_1));
            out.flush();
            return this;
        }

        /** Answers in full. */
        void answer(int status, String moreHeaders, String body) throws IOException {
            send("HTTP/1.1 " + status + " Said\r\nContent-Length: " + body.length() + "\r\n" + moreHeaders + "\r\n"
                    + body);
        }

        /** Answers with an error of S3. */
        void answerError(int status, String code) throws IOException {
            answer(status, "", "<Error><Code>" + code + "</Code><Message>said</Message></Error>");
        }

        void hangUp() {
            hangsUp = true;
        }

        /** Does nothing until the test is over. */
        void stall() throws InterruptedException {
            end.await();
        }
    }

    @Override
    public void close() {
        end.countDown();
        try {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
