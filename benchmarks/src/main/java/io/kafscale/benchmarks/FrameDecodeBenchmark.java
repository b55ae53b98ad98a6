// SPDX-License-Identifier: Apache-2.0
package io.kafscale.benchmarks;

import io.kafscale.broker.protocol.Decoded;
import io.kafscale.broker.protocol.RequestDecoder;
import io.kafscale.broker.protocol.RequestLimits;
import io.kafscale.broker.protocol.VersionTable;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** From a frame's bytes to a typed produce request, limits checked before parsing. One state per thread. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class FrameDecodeBenchmark {

    /** Partitions in the request, each with a batch of 15 records of 1 KiB. */
    @Param({"1", "12", "1000"})
    public int partitions;

    private byte[] frame = new byte[0];
    private final RequestDecoder decoder = new RequestDecoder(VersionTable.current(), RequestLimits.STANDARD);

    @Setup
    public void fill() {
        short version = ApiKeys.PRODUCE.latestVersion();
        ByteBuffer header = bytes(
                new RequestHeaderData()
                        .setRequestApiKey(ApiKeys.PRODUCE.id)
                        .setRequestApiVersion(version)
                        .setClientId("benchmark"),
                ApiKeys.PRODUCE.requestHeaderVersion(version));
        ByteBuffer body = bytes(request(), version);
        frame = ByteBuffer.allocate(header.remaining() + body.remaining())
                .put(header)
                .put(body)
                .array();
        if (!(decode() instanceof Decoded.Request)) {
            throw new IllegalStateException("the frame is not decoded: " + decode());
        }
    }

    private static ByteBuffer bytes(ApiMessage message, short version) {
        ByteBufferAccessor accessor = MessageUtil.toByteBufferAccessor(message, version);
        return accessor.buffer();
    }

    private ProduceRequestData request() {
        TopicProduceData topic = new TopicProduceData().setTopicId(new Uuid(1, 2));
        for (int partition = 0; partition < partitions; partition++) {
            topic.partitionData()
                    .add(new PartitionProduceData()
                            .setIndex(partition)
                            .setRecords(MemoryRecords.readableRecords(Batches.plain(15, 1024))));
        }
        ProduceRequestData data = new ProduceRequestData().setAcks((short) -1).setTimeoutMs(30_000);
        data.topicData().add(topic);
        return data;
    }

    @Benchmark
    public Decoded decode() {
        return decoder.decode(ByteBuffer.wrap(frame));
    }
}
