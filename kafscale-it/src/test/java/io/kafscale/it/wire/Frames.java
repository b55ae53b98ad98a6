// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.wire;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;

/** Requests as bytes: four of length, a header, a body. Stateless. */
public final class Frames {
    private static final String CLIENT = "raw";

    private Frames() {}

    /** A frame as a client would send it. */
    public static byte[] request(ApiKeys api, int version, ApiMessage body) {
        return request(
                api,
                version,
                bytes(MessageUtil.toByteBufferAccessor(body, (short) version).buffer()));
    }

    /** A frame with the right length and header before {@code body}, whatever that is. */
    public static byte[] request(ApiKeys api, int version, byte[] body) {
        return request(api.id, version, api.requestHeaderVersion((short) version), body);
    }

    /** The same for APIs and versions that do not exist. */
    public static byte[] request(int apiKey, int version, int headerVersion, byte[] body) {
        RequestHeaderData header = new RequestHeaderData()
                .setRequestApiKey((short) apiKey)
                .setRequestApiVersion((short) version)
                .setCorrelationId(1)
                .setClientId(CLIENT);
        byte[] head = bytes(
                MessageUtil.toByteBufferAccessor(header, (short) headerVersion).buffer());
        return ByteBuffer.allocate(Integer.BYTES + head.length + body.length)
                .putInt(head.length + body.length)
                .put(head)
                .put(body)
                .array();
    }

    /** The frame without its last {@code count} bytes, and with a length that says so. */
    public static byte[] withoutLast(byte[] frame, int count) {
        byte[] shorter = Arrays.copyOf(frame, frame.length - count);
        ByteBuffer.wrap(shorter).putInt(0, shorter.length - Integer.BYTES);
        return shorter;
    }

    /** The body of an answer to a request of this API and version; {@code answer} begins behind the length. */
    public static <T extends ApiMessage> T response(Class<T> type, ApiKeys api, int version, ByteBuffer answer) {
        ByteBufferAccessor readable = new ByteBufferAccessor(answer);
        ResponseHeaderData header = new ResponseHeaderData(readable, api.responseHeaderVersion((short) version));
        if (header.correlationId() != 1) {
            throw new AssertionError("Correlation id " + header.correlationId());
        }
        ApiMessage body = ApiMessageType.fromApiKey(api.id).newResponse();
        body.read(readable, (short) version);
        return type.cast(body);
    }

    /** The frame that a broker would answer a request of these frames with. */
    public static byte[] response(ApiKeys api, int version, ApiMessage body) {
        byte[] head = bytes(MessageUtil.toByteBufferAccessor(
                        new ResponseHeaderData().setCorrelationId(1), api.responseHeaderVersion((short) version))
                .buffer());
        byte[] content =
                bytes(MessageUtil.toByteBufferAccessor(body, (short) version).buffer());
        return ByteBuffer.allocate(Integer.BYTES + head.length + content.length)
                .putInt(head.length + content.length)
                .put(head)
                .put(content)
                .array();
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
