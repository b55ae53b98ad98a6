// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole broker, as wired, under the Java clients with their default settings. */
@Timeout(120)
final class StockClientsTest {

    private static BrokerConfig config(Map<String, String> more) {
        Map<String, String> variables = new HashMap<>(more);
        variables.put("KAFSCALE_BROKER_ADDR", "127.0.0.1:0");
        return BrokerConfig.from(variables);
    }

    private static Broker inMemory() {
        return Broker.start(config(Map.of("KAFSCALE_USE_MEMORY_S3", "true")));
    }

    private static KafkaProducer<String, String> producer(Broker broker, Map<String, Object> more) {
        Map<String, Object> settings = new HashMap<>(more);
        settings.put("bootstrap.servers", "127.0.0.1:" + broker.port());
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    private static KafkaConsumer<String, String> consumer(Broker broker, String group) {
        return new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        "127.0.0.1:" + broker.port(),
                        "group.id",
                        group,
                        "auto.offset.reset",
                        "earliest"),
                new StringDeserializer(),
                new StringDeserializer());
    }

    private static List<RecordMetadata> send(
            Broker broker, String topic, int from, int to, Map<String, Object> settings)
            throws ExecutionException, InterruptedException {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<String, String> producer = producer(broker, settings)) {
            for (int i = from; i < to; i++) {
                sent.add(producer.send(new ProducerRecord<>(topic, "key-" + i, "value-" + i)));
            }
        }
        List<RecordMetadata> metadata = new ArrayList<>();
        for (Future<RecordMetadata> future : sent) {
            metadata.add(future.get());
        }
        return metadata;
    }

    private static List<ConsumerRecord<String, String>> receive(
            KafkaConsumer<String, String> consumer, String topic, int count) {
        consumer.subscribe(List.of(topic));
        List<ConsumerRecord<String, String>> received = new ArrayList<>();
        while (received.size() < count) {
            consumer.poll(Duration.ofSeconds(1)).forEach(received::add);
        }
        return received;
    }

    @Test
    void aDefaultProducerAndAGroupConsumerUnderstandTheBroker() throws Exception {
        try (Broker broker = inMemory()) {
            List<RecordMetadata> sent = send(broker, "greetings", 0, 1000, Map.of());
            assertThat(sent)
                    .extracting(RecordMetadata::offset)
                    .startsWith(0L, 1L)
                    .doesNotHaveDuplicates();

            try (KafkaConsumer<String, String> consumer = consumer(broker, "readers")) {
                List<ConsumerRecord<String, String>> received = receive(consumer, "greetings", 1000);
                assertThat(received).extracting(ConsumerRecord::offset).doesNotHaveDuplicates();
                assertThat(received).extracting(ConsumerRecord::value).startsWith("value-0", "value-1");
            }
        }
    }

    @Test
    void everyCompressionAndAcksPasses() throws Exception {
        try (Broker broker = inMemory()) {
            int from = 0;
            for (String compression : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
                for (String acks : List.of("1", "all")) {
                    boolean idempotent = acks.equals("all");
                    send(
                            broker,
                            "packed",
                            from,
                            from + 100,
                            Map.of("compression.type", compression, "acks", acks, "enable.idempotence", idempotent));
                    from += 100;
                }
            }
            try (KafkaConsumer<String, String> consumer = consumer(broker, "unpackers")) {
                Set<String> values = new HashSet<>();
                receive(consumer, "packed", from).forEach(record -> values.add(record.value()));
                assertThat(values).hasSize(from);
            }
        }
    }

    @Test
    void offsetsAreFoundByTimeInPackedBatchesToo() throws Exception {
        try (Broker broker = inMemory()) {
            for (String compression : List.of("none", "zstd")) {
                String topic = "times-" + compression;
                try (KafkaProducer<String, String> producer =
                        producer(broker, Map.of("compression.type", compression, "linger.ms", 1000))) {
                    List<Future<RecordMetadata>> sent = new ArrayList<>();
                    for (int i = 0; i < 100; i++) {
                        sent.add(producer.send(new ProducerRecord<>(topic, 0, 1_000_000L + i, "key", "value-" + i)));
                    }
                    producer.flush();
                    assertThat(sent.getLast().get().offset()).isEqualTo(99);
                }
                try (KafkaConsumer<String, String> consumer = consumer(broker, "time-travellers")) {
                    TopicPartition partition = new TopicPartition(topic, 0);
                    assertThat(consumer.offsetsForTimes(Map.of(partition, 1_000_042L)))
                            .extractingByKey(partition)
                            .extracting(OffsetAndTimestamp::offset, OffsetAndTimestamp::timestamp)
                            .containsExactly(42L, 1_000_042L);
                }
            }
        }
    }

    @Test
    void recordsTopicsAndCommittedOffsetsSurviveARestart(@TempDir Path directory) throws Exception {
        Map<String, String> kept = Map.of("KAFSCALE_DATA_DIR", directory.toString());
        try (Broker first = Broker.start(config(kept))) {
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", "127.0.0.1:" + first.port()))) {
                admin.createTopics(List.of(new NewTopic("orders", 3, (short) 1)))
                        .all()
                        .get();
            }
            send(first, "orders", 0, 300, Map.of());
            try (KafkaConsumer<String, String> consumer = consumer(first, "readers")) {
                receive(consumer, "orders", 300);
                consumer.commitSync();
            }
        }
        try (Broker second = Broker.start(config(kept))) {
            send(second, "orders", 300, 310, Map.of());
            try (KafkaConsumer<String, String> consumer = consumer(second, "readers")) {
                assertThat(receive(consumer, "orders", 10))
                        .extracting(ConsumerRecord::key)
                        .containsExactlyInAnyOrder(
                                "key-300", "key-301", "key-302", "key-303", "key-304", "key-305", "key-306", "key-307",
                                "key-308", "key-309");
            }
            try (KafkaConsumer<String, String> others = consumer(second, "others")) {
                assertThat(receive(others, "orders", 310))
                        .extracting(ConsumerRecord::key)
                        .doesNotHaveDuplicates();
            }
        }
    }
}
