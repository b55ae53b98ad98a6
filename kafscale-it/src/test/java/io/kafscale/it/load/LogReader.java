// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.load;

import io.kafscale.it.history.PartitionContent;
import io.kafscale.it.history.Payload;
import io.kafscale.it.history.PlacedRecord;
import io.kafscale.it.process.Patience;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads a topic from start to end. Stateless. */
public final class LogReader {
    private static final Duration POLL = Duration.ofMillis(100);

    private LogReader() {}

    /** All that is in the topic now, partition by partition. */
    public static List<PartitionContent> readAll(String bootstrap, String topic, int partitions) {
        List<TopicPartition> all = IntStream.range(0, partitions)
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList();
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("auto.offset.reset", "none");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            Map<TopicPartition, Long> starts = consumer.beginningOffsets(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            consumer.assign(all);
            starts.forEach(consumer::seek);
            List<List<PlacedRecord>> records = all.stream()
                    .map(partition -> new ArrayList<PlacedRecord>())
                    .<List<PlacedRecord>>map(list -> list)
                    .toList();
            Patience.until("all of " + topic + " is read", () -> {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    records.get(record.partition())
                            .add(new PlacedRecord(record.partition(), record.offset(), Payload.decode(record.value())));
                }
                return all.stream()
                        .allMatch(partition -> consumer.position(partition) >= ends.getOrDefault(partition, 0L));
            });
            List<PartitionContent> contents = new ArrayList<>();
            for (TopicPartition partition : all) {
                contents.add(new PartitionContent(
                        partition.partition(),
                        starts.getOrDefault(partition, 0L),
                        ends.getOrDefault(partition, 0L),
                        records.get(partition.partition())));
            }
            return contents;
        }
    }
}
