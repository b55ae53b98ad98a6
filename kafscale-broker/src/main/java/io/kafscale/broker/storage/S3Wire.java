// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.kafscale.broker.storage.S3Failure.Effect;
import io.kafscale.broker.storage.StorageException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpRetryException;
import java.net.HttpURLConnection;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.http.SdkHttpRequest;

/**
 * One signed request and its answer over a connection of the JDK, which keeps idle ones and takes them up again.
 * Thread-safe.
 *
 * <p>The JDK sends a request twice by itself when a connection that it kept turns out to be closed. It cannot do so with a
 * body in streaming mode, which every request that changes anything has here, be it empty; a request to read may well be
 * sent twice.
 */
final class S3Wire {

    private static final int MAX_ERROR_BYTES = 16 << 10;
    private static final int BAD_REQUEST = 400;
    private static final int REDIRECTION = 300;
    private static final List<String> HEADERS =
            List.of("content-length", "content-range", "etag", "x-amz-checksum-crc32c", "x-amz-checksum-type");
    private static final Pattern CODE = Pattern.compile("<Code>([^<]{1,100})</Code>");
    private static final Pattern MESSAGE = Pattern.compile("<Message>([^<]{1,1000})</Message>");

    private final S3Limits limits;

    S3Wire(S3Limits limits) {
        this.limits = limits;
    }

    /** A request without a body, whose answer has at most so many bytes. */
    S3Answer get(SdkHttpRequest request, int maxBytes) throws S3Failure {
        HttpURLConnection connection = connect(request);
        try {
            return answer(connection, maxBytes);
        } catch (IOException e) {
            connection.disconnect();
            throw S3Failure.network(e, Effect.ANSWER_LOST);
        }
    }

    /**
     * A request with a body, as often as it takes. A store that refuses a request may hang up while the body is on its way,
     * and then its answer cannot be had; so the next attempt asks first ({@code Expect: 100-continue}) and gets it. That is
     * not done at once since it costs a round trip, or the whole time of an attempt where nobody answers it. Thread-safe.
     */
    final class Sending implements Supplier<S3Attempts.Attempt<S3Answer>> {
        private final Signed request;
        private final S3Body body;
        private final AtomicBoolean asksFirst = new AtomicBoolean();

        Sending(Signed request, S3Body body) {
            this.request = request;
            this.body = body;
        }

        @Override
        public S3Attempts.Attempt<S3Answer> get() {
            return new Once();
        }

        /** One attempt. Confined to the thread that performs it, but for {@link #giveUp}. */
        private final class Once implements S3Attempts.Attempt<S3Answer> {
            /** Whoever sets it first has it: the writer before the last bytes, or the one who gives up. */
            private final AtomicBoolean decided = new AtomicBoolean();

            /** Whether the system has taken all bytes; before that the store can never have got them. */
            private boolean isSent;

            @Override
            public Effect giveUp() {
                return decided.compareAndSet(false, true) ? Effect.NONE : Effect.ANSWER_LOST;
            }

            private void beginLastWrite() throws IOException {
                if (!decided.compareAndSet(false, true)) {
                    throw new IOException("given up");
                }
            }

            @Override
            public S3Answer perform() throws S3Failure {
                HttpURLConnection connection = connect(request.sign());
                boolean asked = asksFirst.getAndSet(false);
                try {
                    if (asked) {
                        connection.setRequestProperty("Expect", "100-continue");
                    }
                    connection.setDoOutput(true);
                    connection.setFixedLengthStreamingMode(body.sizeBytes());
                    connection.connect();
                    write(connection);
                    return answer(connection, MAX_ERROR_BYTES);
                } catch (IOException e) {
                    Effect effect = isSent ? Effect.ANSWER_LOST : Effect.NONE;
                    asksFirst.set(effect == Effect.NONE && !asked);
                    throw refusal(connection, asked, effect).orElseGet(() -> S3Failure.network(e, effect));
                }
            }

            private void write(HttpURLConnection connection) throws IOException {
                if (body.sizeBytes() == 0) {
                    beginLastWrite();
                    isSent = true;
                    connection.getOutputStream().close();
                } else {
                    body.writeTo(connection.getOutputStream(), this::beginLastWrite);
                    isSent = true;
                }
            }

            /** What a store has answered that was asked first; the JDK has kept its status and nothing else. */
            private Optional<S3Failure> refusal(HttpURLConnection connection, boolean asked, Effect effect) {
                try {
                    int status = asked && effect == Effect.NONE ? connection.getResponseCode() : -1;
                    return status < REDIRECTION
                            ? Optional.empty()
                            : Optional.of(S3Failure.answered(status, "", "").withoutEffect());
                } catch (IOException noAnswer) {
                    return Optional.empty();
                } finally {
                    connection.disconnect();
                }
            }
        }
    }

    /** A request that is signed when it is sent, since a signature says when. */
    @FunctionalInterface
    interface Signed {
        SdkHttpRequest sign() throws S3Failure;
    }

    private HttpURLConnection connect(SdkHttpRequest request) throws S3Failure {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) request.getUri().toURL().openConnection();
            connection.setRequestMethod(request.method().name());
            connection.setInstanceFollowRedirects(false);
            connection.setUseCaches(false);
            connection.setConnectTimeout((int) limits.connect().toMillis());
            connection.setReadTimeout((int) limits.attempt().toMillis());
            request.forEachHeader(
                    (name, values) -> values.forEach(value -> connection.addRequestProperty(name, value)));
            return connection;
        } catch (IOException e) {
            throw S3Failure.network(e, Effect.NONE);
        }
    }

    private static S3Answer answer(HttpURLConnection connection, int maxBytes) throws IOException, S3Failure {
        int status;
        try {
            status = connection.getResponseCode();
        } catch (HttpRetryException e) {
            throw S3Failure.answered(e.responseCode(), "", String.valueOf(e.getReason()));
        }
        if (status >= REDIRECTION) {
            throw failure(status, connection);
        }
        Map<String, String> headers = new HashMap<>();
        for (String name : HEADERS) {
            Optional.ofNullable(connection.getHeaderField(name)).ifPresent(value -> headers.put(name, value));
        }
        long length = connection.getContentLengthLong();
        if (length > maxBytes && !connection.getRequestMethod().equals("HEAD")) {
            connection.disconnect();
            throw S3Failure.odd(
                    Kind.UNAVAILABLE, "answered with " + length + " bytes, " + maxBytes + " were asked for");
        }
        try (InputStream in = connection.getInputStream()) {
            return new S3Answer(status, headers, body(connection, in, length, maxBytes));
        }
    }

    /** The whole body; reads to its end, so that the connection can be used again. */
    private static ByteBuffer body(HttpURLConnection connection, InputStream in, long length, int maxBytes)
            throws IOException {
        if (connection.getRequestMethod().equals("HEAD")) {
            return ByteBuffer.allocate(0);
        }
        byte[] bytes;
        if (length < 0) {
            bytes = in.readNBytes(maxBytes);
        } else {
            bytes = new byte[(int) length];
            int read = in.readNBytes(bytes, 0, bytes.length);
            if (read < length) {
                throw new IOException("the answer ends after " + read + " of " + length + " bytes");
            }
        }
        if (in.read() >= 0) {
            throw new IOException("the answer is longer than " + bytes.length + " bytes");
        }
        return ByteBuffer.wrap(bytes);
    }

    private static S3Failure failure(int status, HttpURLConnection connection) throws IOException {
        // at 400 and above the JDK has it aside, below it is the body
        Optional<InputStream> body =
                Optional.ofNullable(status >= BAD_REQUEST ? connection.getErrorStream() : connection.getInputStream());
        String text = "";
        if (body.isPresent()) {
            try (InputStream in = body.get()) {
                text = new String(in.readNBytes(MAX_ERROR_BYTES), UTF_8);
            }
        }
        return S3Failure.answered(status, found(CODE, text), found(MESSAGE, text));
    }

    private static String found(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find() ? matcher.group(1) : "";
    }
}
