// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.Topic;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.record.internal.MemoryRecords;

/** Requests as clients send them. Stateless. */
final class Requests {

    static final short ALL = -1;
    static final int TIMEOUT_MILLIS = 1_000;

    private Requests() {}

    static ProduceRequestData produce(Topic topic, int partition, ByteBuffer... batches) {
        return produce(ALL, topic(topic, partition(partition, batches)));
    }

    static ProduceRequestData produce(short acks, TopicProduceData... topics) {
        ProduceRequestData request = new ProduceRequestData().setAcks(acks).setTimeoutMs(TIMEOUT_MILLIS);
        for (TopicProduceData topic : topics) {
            request.topicData().add(topic);
        }
        return request;
    }

    static TopicProduceData topic(Topic topic, PartitionProduceData... partitions) {
        return new TopicProduceData()
                .setName(topic.name())
                .setTopicId(TopicKey.toKafka(topic.id()))
                .setPartitionData(new ArrayList<>(List.of(partitions)));
    }

    /** The given batches in a row, where only one is allowed. */
    static PartitionProduceData partition(int index, ByteBuffer... batches) {
        int size = 0;
        for (ByteBuffer batch : batches) {
            size += batch.remaining();
        }
        ByteBuffer all = ByteBuffer.allocate(size);
        for (ByteBuffer batch : batches) {
            all.put(batch.duplicate());
        }
        return new PartitionProduceData().setIndex(index).setRecords(MemoryRecords.readableRecords(all.flip()));
    }

    /** A consumer's request with Kafka's defaults for sizes, which waits for one byte. */
    static FetchRequestData fetch(int maxWaitMillis, FetchTopic... topics) {
        return new FetchRequestData()
                .setMaxWaitMs(maxWaitMillis)
                .setMinBytes(1)
                .setMaxBytes(50 * 1024 * 1024)
                .setTopics(List.of(topics));
    }

    static FetchTopic fetchTopic(Topic topic, FetchPartition... partitions) {
        return new FetchTopic()
                .setTopic(topic.name())
                .setTopicId(TopicKey.toKafka(topic.id()))
                .setPartitions(List.of(partitions));
    }

    static FetchPartition fetchPartition(int partition, long offset) {
        return new FetchPartition()
                .setPartition(partition)
                .setFetchOffset(offset)
                .setPartitionMaxBytes(1024 * 1024);
    }

    static ListOffsetsRequestData listOffsets(String topic, ListOffsetsPartition... partitions) {
        return new ListOffsetsRequestData()
                .setReplicaId(-1)
                .setTopics(List.of(new ListOffsetsTopic().setName(topic).setPartitions(List.of(partitions))));
    }

    static ListOffsetsPartition offsetAt(int partition, long timestamp) {
        return new ListOffsetsPartition().setPartitionIndex(partition).setTimestamp(timestamp);
    }
}
