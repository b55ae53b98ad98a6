// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.load;

import io.kafscale.it.history.History;
import io.kafscale.it.history.HistoryRecorder;
import io.kafscale.it.history.OffsetLookup;
import io.kafscale.it.history.PartitionContent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** Producers and a group of consumers at work on one topic of one broker, and their history. Confined to the test's thread. */
public final class Load implements AutoCloseable {
    private static final int PRODUCERS = 2;
    private static final int MEMBERS = 3;

    private final String bootstrap;
    private final String topic;
    private final int partitions;
    private final HistoryRecorder recorder = new HistoryRecorder();
    private final List<RecordingProducer> producers = new ArrayList<>();
    private final List<RecordingMember> members = new ArrayList<>();
    private final Admin admin;

    private Load(String bootstrap, String topic, int partitions) {
        this.bootstrap = bootstrap;
        this.topic = topic;
        this.partitions = partitions;
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        this.admin = Admin.create(settings);
    }

    /** Creates {@code topic} and starts two producers and a group of three consumers on it. */
    public static Load start(String bootstrap, String topic, int partitions, int valueBytes)
            throws ExecutionException, InterruptedException {
        Load load = new Load(bootstrap, topic, partitions);
        load.admin
                .createTopics(List.of(new NewTopic(topic, partitions, (short) 1)))
                .all()
                .get();
        for (int number = 0; number < MEMBERS; number++) {
            load.members.add(RecordingMember.start(number, bootstrap, topic, topic, load.recorder));
        }
        for (int number = 0; number < PRODUCERS; number++) {
            load.producers.add(
                    RecordingProducer.start(number, bootstrap, topic, partitions, valueBytes, load.recorder));
        }
        return load;
    }

    /** How many records were acknowledged so far. */
    public long acknowledged() {
        return producers.stream().mapToLong(RecordingProducer::acknowledged).sum();
    }

    /** How many records the group has got so far, those counted again that it got twice. */
    public long read() {
        return members.stream().mapToLong(RecordingMember::read).sum();
    }

    /** Asks what the group has committed. */
    public void lookUpCommittedOffsets() throws ExecutionException, InterruptedException {
        long began = recorder.now();
        Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(topic)
                .partitionsToOffsetAndMetadata()
                .get();
        long ended = recorder.now();
        for (int partition = 0; partition < partitions; partition++) {
            OffsetAndMetadata found = committed.get(new TopicPartition(topic, partition));
            long offset = found == null ? OffsetLookup.NONE : found.offset();
            recorder.lookedUp(new OffsetLookup(partition, offset, began, ended));
        }
    }

    /** Sends no more, but what is under way. */
    public void endSending() {
        producers.forEach(RecordingProducer::endSending);
    }

    /** Sends no more; returns when every record has its outcome. */
    public void stopProducing() {
        producers.forEach(RecordingProducer::stop);
    }

    /** Ends the group. */
    public void stopConsuming() {
        members.forEach(RecordingMember::stop);
    }

    /** What should not have happened to a patient client. */
    public List<Exception> failures() {
        List<Exception> failures = new ArrayList<>();
        producers.forEach(producer -> failures.addAll(producer.failures()));
        members.forEach(member -> member.failure().ifPresent(failures::add));
        return failures;
    }

    /** What is in the topic now. */
    public List<PartitionContent> readAll() {
        return LogReader.readAll(bootstrap, topic, partitions);
    }

    /** All that happened, with what is in the topic in the end. */
    public History history(List<PartitionContent> contents) {
        return recorder.history(contents);
    }

    @Override
    public void close() {
        admin.close();
    }
}
