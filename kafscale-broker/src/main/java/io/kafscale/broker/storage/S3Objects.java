// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.storage.S3Calls.Call;
import io.kafscale.broker.storage.StorageException.Kind;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import software.amazon.awssdk.http.SdkHttpMethod;

/**
 * The calls that carry records: puts, parts of uploads and reads. They are the paths that are measured, so they go past the
 * SDK's client, of which only the signer is used. Thread-safe.
 */
final class S3Objects {

    private static final Pattern RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18})");
    private static final int PARTIAL = 206;

    private final S3Calls calls;
    private final S3Signer signer;
    private final S3Wire wire;
    private final S3Writing writing;

    S3Objects(S3Calls calls, S3Signer signer, S3Wire wire, S3Writing writing) {
        this.calls = calls;
        this.signer = signer;
        this.wire = wire;
        this.writing = writing;
    }

    /** The same calls with other limits. */
    S3Objects within(S3Limits limits) {
        return new S3Objects(calls.within(limits), signer, wire, writing);
    }

    /** Puts an object if its name is free, before whatever else waits. */
    void put(ObjectKey key, S3Body body) throws S3Failure {
        put(key, body, Call.urgent(body.sizeBytes()));
    }

    /** The same for an object that nobody waits for. */
    void putInTurn(ObjectKey key, S3Body body) throws S3Failure {
        put(key, body, new Call(S3Permits.Use.OTHER, body.sizeBytes(), false));
    }

    private void put(ObjectKey key, S3Body body, Call call) throws S3Failure {
        Map<String, String> headers = headers(body.crc32c());
        headers.put("If-None-Match", "*");
        writing.kmsKeyArn().ifPresent(arn -> {
            headers.put("x-amz-server-side-encryption", "aws:kms");
            headers.put("x-amz-server-side-encryption-aws-kms-key-id", arn);
        });
        send(key, Map.of(), headers, body, call);
    }

    /** Puts one part of an upload; answers its tag. */
    String putPart(ObjectKey key, String uploadId, int number, S3Body body, String crc32c) throws S3Failure {
        Map<String, String> query = Map.of("partNumber", Integer.toString(number), "uploadId", uploadId);
        return send(key, query, headers(crc32c), body, Call.other(body.sizeBytes()))
                .header("etag")
                .orElse("");
    }

    private static Map<String, String> headers(String crc32c) {
        Map<String, String> headers = new HashMap<>();
        headers.put("Content-Type", "application/octet-stream");
        headers.put("x-amz-checksum-crc32c", crc32c);
        return headers;
    }

    private S3Answer send(ObjectKey key, Map<String, String> query, Map<String, String> headers, S3Body body, Call call)
            throws S3Failure {
        Optional<S3Body> payload = Optional.of(body).filter(signed -> writing.signedPayload());
        S3Wire.Signed request = () -> signer.sign(SdkHttpMethod.PUT, key, query, headers, payload);
        return calls.run(call, wire.new Sending(request, body));
    }

    /** The size of an object. */
    long size(ObjectKey key) throws S3Failure {
        S3Answer answer = calls.run(
                Call.other(0),
                () -> () -> wire.get(signer.sign(SdkHttpMethod.HEAD, key, Map.of(), Map.of(), Optional.empty()), 0));
        return answer.header("content-length")
                .map(Long::parseLong)
                .orElseThrow(() -> S3Failure.odd(Kind.UNAVAILABLE, "the answer lacks the object's length"));
    }

    /** Exactly so many bytes, at least one, from a position on. */
    ByteBuffer read(ObjectKey key, long position, int length) throws S3Failure {
        String range = "bytes=" + position + "-" + (position + length - 1);
        return calls.run(Call.other(length), () -> () -> {
            Part part = part(get(key, range, length));
            if (part.from() != position && part.bytes().hasRemaining()) {
                throw S3Failure.odd(Kind.UNAVAILABLE, "the answer begins at " + part.from());
            }
            if (part.bytes().remaining() == length) {
                return part.bytes();
            }
            throw part.isEnd()
                    ? S3Failure.odd(Kind.OUT_OF_RANGE, "the object has " + part.total() + " bytes")
                    : S3Failure.odd(Kind.UNAVAILABLE, "the answer has another length");
        });
    }

    /** The last bytes, at least one, or all there are. */
    ByteBuffer readTail(ObjectKey key, int length) throws S3Failure {
        return calls.run(Call.other(length), () -> () -> {
            Part part;
            try {
                part = part(get(key, "bytes=-" + length, length));
            } catch (S3Failure e) {
                if (e.kind() == Kind.OUT_OF_RANGE) {
                    // an empty object has no last byte
                    return ByteBuffer.allocate(0);
                }
                throw e;
            }
            if (!part.isEnd() || part.bytes().remaining() != Math.min(length, part.total())) {
                throw S3Failure.odd(Kind.UNAVAILABLE, "the answer has another length");
            }
            return part.bytes();
        });
    }

    private S3Answer get(ObjectKey key, String range, int length) throws S3Failure {
        Map<String, String> headers = Map.of("Range", range, "x-amz-checksum-mode", "ENABLED");
        return wire.get(signer.sign(SdkHttpMethod.GET, key, Map.of(), headers, Optional.empty()), length);
    }

    /** A part of an object, or all of it. */
    private record Part(long from, ByteBuffer bytes, long total) {

        boolean isEnd() {
            return from + bytes.remaining() == total;
        }

        boolean isWhole() {
            return bytes.remaining() == total;
        }
    }

    private static Part part(S3Answer answer) throws S3Failure {
        Part part = answer.status() == PARTIAL
                ? partial(answer)
                : new Part(0, answer.body(), answer.body().remaining());
        if (part.isWhole()) {
            checkWhole(answer);
        }
        return part;
    }

    private static Part partial(S3Answer answer) throws S3Failure {
        Matcher range = RANGE.matcher(answer.header("content-range").orElse(""));
        if (!range.matches() && !answer.body().hasRemaining()) {
            // MinIO's answer for an empty object has a range that ends before it begins
            return new Part(0, answer.body(), 0);
        }
        if (!range.matches()) {
            throw S3Failure.odd(Kind.UNAVAILABLE, "the answer does not say which bytes it has");
        }
        long from = Long.parseLong(range.group(1));
        long last = Long.parseLong(range.group(2));
        if (last - from + 1 != answer.body().remaining()) {
            throw S3Failure.odd(Kind.UNAVAILABLE, "the answer has other bytes than it says");
        }
        return new Part(from, answer.body(), Long.parseLong(range.group(3)));
    }

    /** Compares with the checksum of the whole object, where the store has kept one. */
    private static void checkWhole(S3Answer answer) throws S3Failure {
        Optional<String> stored = answer.header("x-amz-checksum-crc32c")
                // that of an upload may be one over the checksums of its parts
                .filter(checksum -> !checksum.contains("-"))
                .filter(checksum ->
                        !answer.header("x-amz-checksum-type").orElse("").equals("COMPOSITE"));
        if (stored.isPresent()) {
            CRC32C crc = new CRC32C();
            crc.update(answer.body().duplicate());
            if (!stored.get().equals(S3Body.inBase64(crc))) {
                throw S3Failure.odd(Kind.CORRUPT, "the bytes are not those of the checksum");
            }
        }
    }
}
