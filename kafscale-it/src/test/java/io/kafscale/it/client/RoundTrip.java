// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.client;

import static io.kafscale.it.client.Session.check;
import static io.kafscale.it.client.Session.checkEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/** Records to a topic that nobody created, and back with everything they carried. Stateless. */
final class RoundTrip {
    private static final int RECORDS = 500;
    private static final long FIRST_TIMESTAMP = System.currentTimeMillis() - RECORDS;

    private RoundTrip() {}

    static void run(Session session) throws Exception {
        List<ProducerRecord<String, String>> sent = new ArrayList<>();
        for (int index = 0; index < RECORDS; index++) {
            sent.add(record(session, index));
        }
        boolean offsetsAreTold = !"0".equals(session.properties().get("acks"));
        try (KafkaProducer<String, String> producer = session.producer()) {
            List<RecordMetadata> acknowledged = Session.sendAll(producer, sent);
            for (int index = 0; index < RECORDS; index++) {
                long offset = acknowledged.get(index).offset();
                check(!offsetsAreTold || offset == index, "record " + index + " acknowledged at " + offset);
            }
        }
        try (KafkaConsumer<String, String> consumer = session.consumer()) {
            TopicPartition partition = new TopicPartition(session.name(), 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            List<ConsumerRecord<String, String>> records = Session.poll(consumer, RECORDS);
            for (int index = 0; index < RECORDS; index++) {
                checkSame(sent.get(index), records.get(index), index);
            }
        }
    }

    private static ProducerRecord<String, String> record(Session session, int index) {
        String value = "value %d: ".formatted(index) + "compressible ".repeat(index % 100);
        ProducerRecord<String, String> record =
                new ProducerRecord<>(session.name(), 0, FIRST_TIMESTAMP + index, "key " + index % 7, value);
        record.headers().add("index", Integer.toString(index).getBytes(StandardCharsets.UTF_8));
        return record;
    }

    private static void checkSame(ProducerRecord<String, String> sent, ConsumerRecord<String, String> got, int index) {
        checkEquals((long) index, got.offset(), "offset");
        checkEquals(sent.key(), got.key(), "key at " + index);
        checkEquals(sent.value(), got.value(), "value at " + index);
        checkEquals(sent.timestamp(), got.timestamp(), "timestamp at " + index);
        checkEquals(sent.headers(), got.headers(), "headers at " + index);
    }
}
