// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;

/** A topic that a test made, and the everyday questions about it, asked with clients of this JVM. Immutable. */
record TestTopic(String bootstrap, String name, int partitions) {
    static TestTopic create(String bootstrap, String name, int partitions) {
        try (Admin admin = Admin.create(settings(bootstrap))) {
            await(admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1)))
                    .all()
                    .toCompletionStage()
                    .toCompletableFuture());
        }
        return new TestTopic(bootstrap, name, partitions);
    }

    static Properties settings(String bootstrap) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        return settings;
    }

    /** The partitions as clients name them. */
    List<TopicPartition> allPartitions() {
        List<TopicPartition> all = new ArrayList<>();
        for (int partition = 0; partition < partitions; partition++) {
            all.add(new TopicPartition(name, partition));
        }
        return all;
    }

    /** Sends the numbers from {@code from} to {@code to - 1}, one partition after the other, and waits for the answers. */
    void sendNumbers(int from, int to) {
        List<Future<RecordMetadata>> answers = new ArrayList<>();
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(settings(bootstrap), new StringSerializer(), new StringSerializer())) {
            for (int number = from; number < to; number++) {
                answers.add(
                        producer.send(new ProducerRecord<>(name, number % partitions, null, Integer.toString(number))));
            }
        }
        answers.forEach(TestTopic::await);
    }

    /** The end offset of each partition. */
    Map<TopicPartition, Long> endOffsets() {
        Map<TopicPartition, Long> ends = new HashMap<>();
        try (Admin admin = Admin.create(settings(bootstrap))) {
            for (TopicPartition partition : allPartitions()) {
                ends.put(
                        partition,
                        await(admin.listOffsets(Map.of(partition, OffsetSpec.latest()))
                                        .partitionResult(partition)
                                        .toCompletionStage()
                                        .toCompletableFuture())
                                .offset());
            }
        }
        return ends;
    }

    /** What {@code group} committed in this topic. */
    Map<TopicPartition, Long> committed(String group) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        try (Admin admin = Admin.create(settings(bootstrap))) {
            await(admin.listConsumerGroupOffsets(group)
                            .partitionsToOffsetAndMetadata()
                            .toCompletionStage()
                            .toCompletableFuture())
                    .forEach((partition, offset) -> offsets.put(partition, offset.offset()));
        }
        return offsets;
    }

    /** The answer, or a failed test. */
    static <T> T await(Future<T> answer) {
        try {
            return answer.get();
        } catch (ExecutionException failure) {
            throw new AssertionError(failure.getCause());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError(interrupted);
        }
    }
}
