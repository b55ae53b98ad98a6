// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.wire;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceDataCollection;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;

/** The requests that matter most, each for one topic, in a version whose errors are all its own. Stateless. */
public final class Requests {
    public static final int PRODUCE_VERSION = 9;
    public static final int FETCH_VERSION = 12;
    public static final int METADATA_VERSION = 9;
    public static final int CREATE_TOPICS_VERSION = 7;

    private static final int TIMEOUT_MILLIS = 10_000;
    private static final int FETCH_BYTES = 1_000_000;
    private static final int LARGE_FETCH_BYTES = 50 * 1024 * 1024;

    private Requests() {}

    public static Errors errorOfProduce(ByteBuffer answer) {
        ProduceResponseData produced =
                Frames.response(ProduceResponseData.class, ApiKeys.PRODUCE, PRODUCE_VERSION, answer);
        return Errors.forCode(produced.responses()
                .iterator()
                .next()
                .partitionResponses()
                .getFirst()
                .errorCode());
    }

    public static byte[] produce(String name, byte[] batch, int acks) {
        return produce(name, 0, batch, acks);
    }

    public static byte[] produce(String name, int partition, byte[] batch, int acks) {
        TopicProduceData data = new TopicProduceData()
                .setName(name)
                .setPartitionData(List.of(new PartitionProduceData()
                        .setIndex(partition)
                        .setRecords(MemoryRecords.readableRecords(ByteBuffer.wrap(batch)))));
        ProduceRequestData produce = new ProduceRequestData()
                .setAcks((short) acks)
                .setTimeoutMs(TIMEOUT_MILLIS)
                .setTopicData(new TopicProduceDataCollection(List.of(data).iterator()));
        return Frames.request(ApiKeys.PRODUCE, PRODUCE_VERSION, produce);
    }

    public static byte[] fetch(String name) {
        return fetch(name, 10);
    }

    public static byte[] fetch(String name, int maxWaitMillis) {
        FetchRequestData fetch = new FetchRequestData()
                .setMaxWaitMs(maxWaitMillis)
                .setMinBytes(1)
                .setMaxBytes(FETCH_BYTES)
                .setTopics(List.of(new FetchTopic()
                        .setTopic(name)
                        .setPartitions(
                                List.of(new FetchPartition().setPartition(0).setPartitionMaxBytes(FETCH_BYTES)))));
        return Frames.request(ApiKeys.FETCH, FETCH_VERSION, fetch);
    }

    /** As much as a consumer may ask for, of all partitions from their beginnings, from one of them on. */
    public static byte[] fetchAll(String name, int partitions, int first) {
        List<FetchPartition> all = IntStream.range(0, partitions)
                .mapToObj(index -> new FetchPartition()
                        .setPartition((first + index) % partitions)
                        .setPartitionMaxBytes(LARGE_FETCH_BYTES))
                .toList();
        FetchRequestData fetch = new FetchRequestData()
                .setMaxWaitMs(10)
                .setMinBytes(1)
                .setMaxBytes(LARGE_FETCH_BYTES)
                .setTopics(List.of(new FetchTopic().setTopic(name).setPartitions(all)));
        return Frames.request(ApiKeys.FETCH, FETCH_VERSION, fetch);
    }

    public static byte[] metadata(String name) {
        MetadataRequestData metadata = new MetadataRequestData()
                .setAllowAutoTopicCreation(true)
                .setTopics(List.of(new MetadataRequestTopic().setName(name)));
        return Frames.request(ApiKeys.METADATA, METADATA_VERSION, metadata);
    }

    public static byte[] createTopic(String name) {
        CreatableTopic wanted =
                new CreatableTopic().setName(name).setNumPartitions(1).setReplicationFactor((short) 1);
        CreateTopicsRequestData create = new CreateTopicsRequestData().setTimeoutMs(TIMEOUT_MILLIS);
        create.topics().add(wanted);
        return Frames.request(ApiKeys.CREATE_TOPICS, CREATE_TOPICS_VERSION, create);
    }
}
