// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import java.nio.ByteBuffer;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/** What a client sends and reads, made with the generated classes alone. Stateless. */
public final class Frames {

    public static final String CLIENT_ID = "a client";

    private Frames() {}

    /** Header and body of a request, without the length. */
    public static ByteBuffer request(ApiKeys api, int version, int correlationId, ApiMessage body) {
        RequestHeaderData header = new RequestHeaderData()
                .setRequestApiKey(api.id)
                .setRequestApiVersion((short) version)
                .setCorrelationId(correlationId)
                .setClientId(CLIENT_ID);
        short headerVersion = api.requestHeaderVersion((short) version);
        ByteBuffer head = bytes(header, headerVersion);
        ByteBuffer tail = bytes(body, (short) version);
        return ByteBuffer.allocate(head.remaining() + tail.remaining())
                .put(head)
                .put(tail)
                .flip();
    }

    /** The bytes of a message alone. */
    public static ByteBuffer bytes(Message message, short version) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer bytes = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(bytes), cache, version);
        return bytes.flip();
    }

    /** The same bytes with their length before them. */
    public static ByteBuffer withLength(ByteBuffer frame) {
        return ByteBuffer.allocate(Integer.BYTES + frame.remaining())
                .putInt(frame.remaining())
                .put(frame.duplicate())
                .flip();
    }

    /** What an answer says, read from a frame without its length. */
    public record Response(int correlationId, ApiMessage body, int bytesLeft) {

        public static Response read(ApiKeys api, int version, ByteBuffer frame) {
            ByteBufferAccessor bytes = new ByteBufferAccessor(frame);
            ResponseHeaderData header = new ResponseHeaderData(bytes, api.responseHeaderVersion((short) version));
            ApiMessage body = api.messageType.newResponse();
            body.read(bytes, (short) version);
            return new Response(header.correlationId(), body, bytes.remaining());
        }
    }
}
