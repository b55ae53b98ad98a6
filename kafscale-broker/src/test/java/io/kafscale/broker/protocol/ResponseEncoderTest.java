// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.protocol.Frames.Response;
import io.kafscale.broker.protocol.ServedVersions.Served;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.UnalignedMemoryRecords;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Answers leave as the generated classes would write them, with their records in place. */
class ResponseEncoderTest {

    static Stream<Served> served() {
        return ServedVersions.all();
    }

    @ParameterizedTest
    @MethodSource("served")
    void writesWhatTheGeneratedClassesWrite(Served served) {
        ApiKeys api = served.api();
        short version = served.version();
        for (int seed = 0; seed < 20; seed++) {
            ApiMessage message = new RandomMessages(seed).fill(api.messageType.newResponse(), version);
            ByteBuffer answer =
                    joined(ResponseEncoder.encode(new RequestHeader(api, version, 1000 + seed, ""), message));

            ByteBuffer head = Frames.bytes(
                    new ResponseHeaderData().setCorrelationId(1000 + seed), api.responseHeaderVersion(version));
            ByteBuffer body = Frames.bytes(message, version);
            ByteBuffer expected = ByteBuffer.allocate(head.remaining() + body.remaining())
                    .put(head)
                    .put(body)
                    .flip();
            assertThat(answer).as("seed %d", seed).isEqualTo(Frames.withLength(expected));
        }
    }

    @Test
    void leavesRecordsWhereTheyAre() {
        byte[] tail = {1, 2, 3, 4, 5, 6};
        byte[] chunk = {7, 8, 9};
        SlicedRecords records =
                new SlicedRecords(List.of(ByteBuffer.wrap(tail, 1, 4), ByteBuffer.wrap(chunk), ByteBuffer.allocate(0)));
        assertThat(records.sizeInBytes()).isEqualTo(7);

        List<ByteBuffer> pieces = ResponseEncoder.encode(
                new RequestHeader(ApiKeys.FETCH, (short) 12, 5, ""), fetched(records, SlicedRecords.EMPTY));

        assertThat(pieces).hasSize(4);
        assertThat(pieces.get(1).array()).isSameAs(tail);
        assertThat(pieces.get(2).array()).isSameAs(chunk);
        ByteBuffer answer = joined(pieces);
        assertThat(answer.getInt()).isEqualTo(answer.remaining());
        FetchResponseData read =
                (FetchResponseData) Response.read(ApiKeys.FETCH, 12, answer).body();
        List<PartitionData> partitions = read.responses().get(0).partitions();
        assertThat(((MemoryRecords) partitions.get(0).records()).buffer())
                .isEqualTo(ByteBuffer.wrap(new byte[] {2, 3, 4, 5, 7, 8, 9}));
        assertThat(partitions.get(1).records().sizeInBytes()).isZero();
    }

    @Test
    void sendsTheSameAnswerTwice() {
        FetchResponseData message = fetched(new SlicedRecords(List.of(ByteBuffer.wrap(new byte[] {1, 2, 3}))));
        RequestHeader header = new RequestHeader(ApiKeys.FETCH, (short) 4, 5, "");

        assertThat(joined(ResponseEncoder.encode(header, message)))
                .isEqualTo(joined(ResponseEncoder.encode(header, message)));
    }

    private static FetchResponseData fetched(SlicedRecords... records) {
        FetchableTopicResponse topic = new FetchableTopicResponse().setTopic("orders");
        for (SlicedRecords partition : records) {
            topic.partitions().add(new PartitionData().setRecords(partition));
        }
        return new FetchResponseData().setResponses(List.of(topic));
    }

    @Test
    void answersApiVersionsToComeInVersionZero() {
        ByteBuffer answer = joined(ResponseEncoder.encode(
                new RequestHeader(ApiKeys.API_VERSIONS, (short) 99, 5, ""),
                new ApiVersionsResponseData().setErrorCode((short) 35)));

        assertThat(answer.getInt()).isEqualTo(answer.remaining());
        Response read = Response.read(ApiKeys.API_VERSIONS, 0, answer);
        assertThat(read.bytesLeft()).isZero();
        assertThat(((ApiVersionsResponseData) read.body()).errorCode()).isEqualTo((short) 35);
    }

    @Test
    void refusesRecordsOfAnotherKind() {
        PartitionData partition = new PartitionData().setRecords(new UnalignedMemoryRecords(ByteBuffer.allocate(1)));
        FetchableTopicResponse topic =
                new FetchableTopicResponse().setTopic("orders").setPartitions(List.of(partition));
        assertThatThrownBy(() -> ResponseEncoder.encode(
                        new RequestHeader(ApiKeys.FETCH, (short) 4, 5, ""),
                        new FetchResponseData().setResponses(List.of(topic))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void doesNotSendSlicedRecordsByAnotherWay() {
        assertThatThrownBy(SlicedRecords.EMPTY::toSend).isInstanceOf(UnsupportedOperationException.class);
    }

    private static ByteBuffer joined(List<ByteBuffer> pieces) {
        ByteBuffer whole = ByteBuffer.allocate(
                pieces.stream().mapToInt(ByteBuffer::remaining).sum());
        pieces.forEach(piece -> whole.put(piece.duplicate()));
        return whole.flip();
    }
}
