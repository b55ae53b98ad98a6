// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/** Turns an answer into the buffers to be sent, in order. Stateless. */
public final class ResponseEncoder {

    private static final int LENGTH_BYTES = 4;

    private ResponseEncoder() {}

    /**
     * Encodes the answer to a request: its length in four bytes, the response header of the version that the API
     * prescribes, the body. Record payloads are not copied but stand in the list as slices of their own memory.
     */
    public static List<ByteBuffer> encode(RequestHeader request, ApiMessage message) {
        ResponseHeaderData header = new ResponseHeaderData().setCorrelationId(request.correlationId());
        short version = request.answerVersion();
        short headerVersion = request.api().responseHeaderVersion(version);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        MessageSizeAccumulator size = new MessageSizeAccumulator();
        header.addSize(size, cache, headerVersion);
        message.addSize(size, cache, version);

        SliceCollector out = new SliceCollector(LENGTH_BYTES + size.sizeExcludingZeroCopy());
        out.writeInt(size.totalSize());
        header.write(out, cache, headerVersion);
        message.write(out, cache, version);
        return out.slices();
    }
}
