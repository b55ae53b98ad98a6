// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.load;

import io.kafscale.it.history.History;
import io.kafscale.it.history.HistoryRecorder;
import io.kafscale.it.history.OffsetLookup;
import io.kafscale.it.history.PartitionContent;
import io.kafscale.it.process.Patience;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** Producers and a group of consumers at work on one topic of one broker, and their history. Confined to the test's thread. */
public final class Load implements AutoCloseable {
    private static final int PRODUCERS = 2;
    private static final int MEMBERS = 3;

    private final LoadSettings settings;
    private final HistoryRecorder recorder = new HistoryRecorder();
    private final List<RecordingProducer> producers = new ArrayList<>();
    private final List<RecordingMember> members = new ArrayList<>();
    private final AckTimes times = new AckTimes();
    private final Tally produceErrors = new Tally();
    private final Tally fetchErrors = new Tally();
    private final Tally wrongErrors = new Tally();
    private final Admin admin;
    private Optional<ImpatientProducer> impatient = Optional.empty();
    private Optional<RawReader> rawReader = Optional.empty();

    private Load(LoadSettings settings) {
        this.settings = settings;
        Properties administration = new Properties();
        administration.put("bootstrap.servers", settings.bootstrap());
        this.admin = Admin.create(administration);
    }

    /** Creates the topic and starts two producers and a group of three consumers on it. */
    public static Load start(LoadSettings settings) throws ExecutionException, InterruptedException {
        Load load = new Load(settings);
        load.admin
                .createTopics(List.of(new NewTopic(settings.topic(), settings.partitions(), (short) 1)))
                .all()
                .get();
        for (int number = 0; number < MEMBERS; number++) {
            load.members.add(RecordingMember.start(number, settings, load.recorder));
        }
        for (int number = 0; number < PRODUCERS; number++) {
            load.producers.add(RecordingProducer.start(number, settings, load.recorder, load.times));
        }
        if (settings.watched()) {
            load.impatient =
                    Optional.of(ImpatientProducer.start(settings, load.recorder, load.produceErrors, load.wrongErrors));
            load.rawReader = Optional.of(RawReader.start(settings, load.recorder, load.fetchErrors, load.wrongErrors));
        }
        return load;
    }

    /** When the patient producers' records were acknowledged. */
    public AckTimes times() {
        return times;
    }

    /** Errors that the one who tries nothing twice was answered with. */
    public Tally produceErrors() {
        return produceErrors;
    }

    /** Errors that the one who reads from the start was answered with. */
    public Tally fetchErrors() {
        return fetchErrors;
    }

    /** Those of them that no fault is an excuse for. */
    public Tally wrongErrors() {
        return wrongErrors;
    }

    /** How many records were read from the start, each as often as it was. */
    public long readFromStart() {
        return rawReader.map(RawReader::read).orElse(0L);
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
        Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(settings.topic())
                .partitionsToOffsetAndMetadata()
                .get();
        long ended = recorder.now();
        for (int partition = 0; partition < settings.partitions(); partition++) {
            OffsetAndMetadata found = committed.get(new TopicPartition(settings.topic(), partition));
            long offset = found == null ? OffsetLookup.NONE : found.offset();
            recorder.lookedUp(new OffsetLookup(partition, offset, began, ended));
        }
    }

    /** Waits until the group has committed all that is there. */
    public void awaitGroupAtEnd() {
        List<TopicPartition> all = IntStream.range(0, settings.partitions())
                .mapToObj(partition -> new TopicPartition(settings.topic(), partition))
                .toList();
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        all.forEach(partition -> latest.put(partition, OffsetSpec.latest()));
        Patience.until("the group is at the end", () -> {
            try {
                Map<TopicPartition, ListOffsetsResultInfo> ends =
                        admin.listOffsets(latest).all().get();
                Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(settings.topic())
                        .partitionsToOffsetAndMetadata()
                        .get();
                return ends.entrySet().stream().allMatch(end -> {
                    OffsetAndMetadata found = committed.get(end.getKey());
                    return end.getValue().offset() == (found == null ? 0 : found.offset());
                });
            } catch (ExecutionException failure) {
                throw new AssertionError(failure.getCause());
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new AssertionError(interrupted);
            }
        });
    }

    /** Sends no more, but what is under way. */
    public void endSending() {
        producers.forEach(RecordingProducer::endSending);
    }

    /** Sends no more; returns when every record has its outcome. */
    public void stopProducing() {
        producers.forEach(RecordingProducer::stop);
        impatient.ifPresent(ImpatientProducer::stop);
    }

    /** Ends the group. */
    public void stopConsuming() {
        members.forEach(RecordingMember::stop);
        rawReader.ifPresent(RawReader::stop);
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
        return LogReader.readAll(settings.bootstrap(), settings.topic(), settings.partitions());
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
