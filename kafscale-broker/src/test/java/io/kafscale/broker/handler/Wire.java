// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.protocol.RequestHeader;
import io.kafscale.broker.protocol.ResponseEncoder;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;

/** Sends messages through their wire format and back, as a client and the broker do with each other. Stateless. */
final class Wire {

    private static final int CORRELATION_ID = 7;

    private Wire() {}

    /** The request as the broker decodes it; fails when the version cannot say it. */
    static ApiMessage request(ApiKeys api, short version, ApiMessage request) {
        ByteBuffer bytes = MessageUtil.toByteBufferAccessor(request, version).buffer();
        ApiMessage decoded = ApiMessageType.fromApiKey(api.id).newRequest();
        decoded.read(new ByteBufferAccessor(bytes), version);
        return decoded;
    }

    /** The answer as a client decodes it; fails when the version cannot say it, or bytes are left over. */
    static ApiMessage response(ApiKeys api, short version, ApiMessage response) {
        ByteBuffer bytes =
                joined(ResponseEncoder.encode(new RequestHeader(api, version, CORRELATION_ID, "client"), response));
        if (bytes.getInt() != bytes.remaining()) {
            throw new AssertionError("the frame states a wrong length");
        }
        ByteBufferAccessor in = new ByteBufferAccessor(bytes);
        ResponseHeaderData header = new ResponseHeaderData(in, api.responseHeaderVersion(version));
        if (header.correlationId() != CORRELATION_ID) {
            throw new AssertionError("the header is not where it should be");
        }
        ApiMessage decoded = ApiMessageType.fromApiKey(api.id).newResponse();
        decoded.read(in, version);
        if (bytes.hasRemaining()) {
            throw new AssertionError(bytes.remaining() + " bytes are left over");
        }
        return decoded;
    }

    private static ByteBuffer joined(List<ByteBuffer> slices) {
        ByteBuffer all = ByteBuffer.allocate(
                slices.stream().mapToInt(ByteBuffer::remaining).sum());
        slices.forEach(slice -> all.put(slice.duplicate()));
        return all.flip();
    }
}
