// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;

/**
 * Turns a frame into a typed request, after a walk over its bytes has shown that the generated parser may be let loose on
 * them. Immutable, thus thread-safe.
 *
 * <pre>
 * api key (2) │ version (2) │ correlation id (4) │ client id │ tags, in flexible versions │ body
 * </pre>
 *
 * <p>Bytes behind the body are ignored, as Apache Kafka does.
 */
public final class RequestDecoder {

    private static final int FIXED_HEADER_BYTES = 8;
    private static final Shape CLIENT_ID = new Shape.Text(false, true);
    private static final Shape HEADER_TAGS = new Shape.Tags(Map.of());
    private static final short FLEXIBLE_HEADER = 2;

    private final Map<ApiKeys, Api> apis = new EnumMap<>(ApiKeys.class);
    private final RequestLimits limits;

    /** The shapes of the bodies of one API, from its first version. */
    private record Api(VersionRange versions, List<Shape> bodies) {

        static Api of(ApiKeys api, VersionRange versions) {
            List<Shape> bodies = new ArrayList<>();
            for (short version = versions.first(); version <= versions.last(); version++) {
                bodies.add(SchemaReader.requestShape(api, version));
            }
            return new Api(versions, List.copyOf(bodies));
        }

        Shape body(short version) {
            return bodies.get(version - versions.first());
        }
    }

    /** Knows the versions that the table serves, and nothing else. */
    public RequestDecoder(VersionTable versions, RequestLimits limits) {
        this.limits = limits;
        versions.served().forEach((api, range) -> apis.put(api, Api.of(api, range)));
    }

    /**
     * Decodes one frame.
     *
     * @param frame header and body without the length, backed by an array that the request's records go on using
     */
    public Decoded decode(ByteBuffer frame) {
        if (frame.remaining() < FIXED_HEADER_BYTES) {
            return new Decoded.Malformed("a frame of " + frame.remaining() + " bytes");
        }
        short key = frame.getShort(frame.position());
        short version = frame.getShort(frame.position() + 2);
        Api api = ApiKeys.hasId(key) ? apis.get(ApiKeys.forId(key)) : null;
        if (api == null) {
            return new Decoded.Malformed("API key " + key + " is not served");
        }
        int correlationId = frame.getInt(frame.position() + 4);
        RequestScan scan = new RequestScan(frame, limits);
        try {
            String clientId = clientId(scan, frame);
            RequestHeader header = new RequestHeader(ApiKeys.forId(key), version, correlationId, clientId);
            if (!api.versions().includes(version)) {
                return header.api() == ApiKeys.API_VERSIONS
                        ? new Decoded.Request(header, new ApiVersionsRequestData())
                        : new Decoded.UnsupportedVersion(header);
            }
            return body(header, api.body(version), scan, frame);
        } catch (MalformedRequestException malformed) {
            return new Decoded.Malformed(ApiKeys.forId(key) + " version " + version + ": " + malformed.getMessage());
        }
    }

    private String clientId(RequestScan scan, ByteBuffer frame) throws MalformedRequestException {
        scan.walk(new Shape.Fixed(FIXED_HEADER_BYTES));
        int start = scan.position() + Short.BYTES;
        scan.walk(CLIENT_ID);
        int length = scan.position() - start;
        if (length > limits.clientIdBytes()) {
            throw new MalformedRequestException("a client id of " + length + " bytes");
        }
        byte[] text = new byte[length];
        frame.get(start, text);
        return new String(text, StandardCharsets.UTF_8);
    }

    private static Decoded body(RequestHeader header, Shape shape, RequestScan scan, ByteBuffer frame)
            throws MalformedRequestException {
        ApiKeys api = header.api();
        if (api.requestHeaderVersion(header.version()) >= FLEXIBLE_HEADER) {
            scan.walk(HEADER_TAGS);
        }
        ByteBuffer body = frame.duplicate().position(scan.position());
        scan.walk(shape);
        ApiMessage message = api.messageType.newRequest();
        message.read(new ByteBufferAccessor(body), header.version());
        if (body.position() != scan.position()) {
            throw new IllegalStateException("the shape of " + api + " " + header.version() + " is not what is parsed");
        }
        return new Decoded.Request(header, message);
    }
}
