// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.client;

import static io.kafscale.it.client.Session.check;
import static io.kafscale.it.client.Session.checkEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;

/** Records of many megabytes, among small ones, to a topic that allows them, and one that it does not allow. Stateless. */
final class LargeRecords {
    private static final int MIB = 1024 * 1024;
    private static final int LIMIT = 8 * MIB;
    private static final int[] SIZES = {10, MIB - 100, MIB, 10, 5 * MIB, LIMIT - 1000, 10};

    private LargeRecords() {}

    static void run(Session session) throws Exception {
        try (Admin admin = session.admin()) {
            NewTopic topic = new NewTopic(session.name(), 1, (short) 1)
                    .configs(Map.of("max.message.bytes", Integer.toString(LIMIT)));
            admin.createTopics(List.of(topic)).all().get();
        }
        List<ProducerRecord<String, String>> sent = new ArrayList<>();
        for (int size : SIZES) {
            sent.add(new ProducerRecord<>(session.name(), 0, null, text(size)));
        }
        String most = Integer.toString(3 * LIMIT);
        try (KafkaProducer<String, String> producer =
                session.producer("max.request.size", most, "buffer.memory", Integer.toString(8 * LIMIT))) {
            Session.sendAll(producer, sent);
            checkRefused(producer, new ProducerRecord<>(session.name(), 0, null, text(LIMIT + 1)));
        }
        TopicPartition partition = new TopicPartition(session.name(), 0);
        try (KafkaConsumer<String, String> consumer = session.consumer()) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            List<ConsumerRecord<String, String>> got = Session.poll(consumer, SIZES.length);
            for (int index = 0; index < SIZES.length; index++) {
                check(sent.get(index).value().equals(got.get(index).value()), "another value at " + index);
                checkEquals((long) index, got.get(index).offset(), "offset");
            }
        }
    }

    private static void checkRefused(KafkaProducer<String, String> producer, ProducerRecord<String, String> record)
            throws Exception {
        try {
            producer.send(record).get();
        } catch (ExecutionException refused) {
            check(refused.getCause() instanceof RecordTooLargeException, "refused with " + refused.getCause());
            return;
        }
        throw new IllegalStateException("A record beyond the topic's limit was taken");
    }

    private static String text(int length) {
        return new Random(length)
                .ints(length, 'a', 'z' + 1)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
