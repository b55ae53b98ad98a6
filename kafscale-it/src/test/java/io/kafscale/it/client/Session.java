// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * One run of a scenario: clients with default settings but for what the scenario is about, and checks. Confined to one thread.
 *
 * @param name new to the broker; topics and groups are named after it
 * @param properties for producers and consumers
 */
record Session(String bootstrap, String name, Map<String, String> properties) {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(100);

    Session {
        properties = Map.copyOf(properties);
    }

    KafkaProducer<String, String> producer(String... more) {
        return new KafkaProducer<>(with(more), new StringSerializer(), new StringSerializer());
    }

    /** A consumer that begins at the start where nothing is committed. */
    KafkaConsumer<String, String> consumer(String... more) {
        Properties all = with(more);
        all.putIfAbsent("auto.offset.reset", "earliest");
        return new KafkaConsumer<>(all, new StringDeserializer(), new StringDeserializer());
    }

    Admin admin() {
        Properties bare = new Properties();
        bare.put("bootstrap.servers", bootstrap);
        return Admin.create(bare);
    }

    /** Creates the topic {@link #name} and waits until a client could use it. */
    void createTopic(int partitions) throws Exception {
        try (Admin admin = admin()) {
            admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1)))
                    .all()
                    .get();
        }
    }

    /** Sends values {@code from} to {@code to - 1} to one partition of the topic, and waits for the acknowledgements. */
    void send(int partition, int from, int to) throws Exception {
        List<ProducerRecord<String, String>> records = new ArrayList<>();
        for (int value = from; value < to; value++) {
            records.add(new ProducerRecord<>(name, partition, null, Integer.toString(value)));
        }
        try (KafkaProducer<String, String> producer = producer()) {
            sendAll(producer, records);
        }
    }

    /** Sends all records, then waits for the acknowledgements. */
    static List<RecordMetadata> sendAll(
            KafkaProducer<String, String> producer, List<ProducerRecord<String, String>> records) throws Exception {
        List<Future<RecordMetadata>> answers = new ArrayList<>();
        for (ProducerRecord<String, String> record : records) {
            answers.add(producer.send(record));
        }
        List<RecordMetadata> acknowledged = new ArrayList<>();
        for (Future<RecordMetadata> answer : answers) {
            acknowledged.add(answer.get());
        }
        return acknowledged;
    }

    /** Polls until there are {@code count} records, and a little longer to see that there are no more. */
    static List<ConsumerRecord<String, String>> poll(KafkaConsumer<String, String> consumer, int count) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        until("there are " + count + " records", () -> {
            consumer.poll(POLL).forEach(records::add);
            return records.size() >= count;
        });
        consumer.poll(POLL).forEach(records::add);
        check(records.size() == count, "expected " + count + " records, got " + records.size());
        return records;
    }

    static void until(String what, BooleanSupplier condition) {
        long start = System.nanoTime();
        while (!condition.getAsBoolean()) {
            check(System.nanoTime() - start < PATIENCE.toNanos(), "not within " + PATIENCE + ": " + what);
        }
    }

    static void check(boolean condition, String message) {
        if (!condition) {
            throw new IllegalStateException(message);
        }
    }

    static void checkEquals(Object expected, Object actual, String what) {
        check(expected.equals(actual), what + ": expected " + expected + ", got " + actual);
    }

    /** The value for {@code key}, which must be there. */
    static <K, V> V at(Map<K, V> map, K key) {
        V value = map.get(key);
        if (value == null) {
            throw new IllegalStateException("nothing for " + key + " in " + map);
        }
        return value;
    }

    private Properties with(String... more) {
        Properties all = new Properties();
        all.put("bootstrap.servers", bootstrap);
        all.putAll(properties);
        for (int index = 0; index < more.length; index += 2) {
            all.put(more[index], more[index + 1]);
        }
        return all;
    }
}
