// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.it.history.Payload;
import io.kafscale.it.history.RecordId;
import io.kafscale.it.process.BrokerProcess;
import io.kafscale.it.process.BrokerSettings;
import io.kafscale.it.process.Patience;
import io.kafscale.it.servers.ClusterStores;
import io.kafscale.it.servers.S3Fault;
import io.kafscale.it.servers.S3FaultProxy;
import io.kafscale.proto.metadata.SharedObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Records that are spread over hundreds of objects in the bucket, sealed segments and merged objects among them, read by a
 * broker that has nothing of them in memory.
 */
@Tag("multi-segment-durability")
final class SegmentDurabilityTest {
    private static final int PARTITIONS = 4;
    private static final int PER_PARTITION = 15_000;
    private static final int VALUE_BYTES = 1_000;
    private static final long FIRST_TIME = System.currentTimeMillis() - PER_PARTITION;
    private static final int LEAST_OBJECTS = 300;
    private static final int LOOKUPS = 100;
    private static final Duration POLL = Duration.ofMillis(100);

    @TempDir
    private Path directory;

    @Test
    void everyRecordIsFoundByOffsetAndByTimeAfterTheBrokerWasKilledAndAfterItWasStopped() {
        try (ClusterStores stores = ClusterStores.started(directory, 1);
                S3FaultProxy proxy = S3FaultProxy.to(stores.s3().endpoint(), 1)) {
            BrokerSettings settings = stores.settings()
                    .with("KAFSCALE_S3_ENDPOINT", proxy.endpoint().toString())
                    .with("KAFSCALE_SEGMENT_BYTES", "8MiB")
                    .with("KAFSCALE_FLUSH_INTERVAL_MS", "1")
                    .with("KAFSCALE_FLUSH_BYTES", "128KiB")
                    .with("KAFSCALE_CACHE_BYTES", "0")
                    .with("KAFSCALE_LEASE_TTL_SEC", "2");
            try (BrokerProcess broker = BrokerProcess.started("objects", settings)) {
                TestTopic topic = TestTopic.create(broker.bootstrap(), "objects", PARTITIONS);
                produce(topic);
                assertThat(stores.s3().keys(stores.bucket())).hasSizeGreaterThan(LEAST_OBJECTS);
                awaitSealedAndMerged(stores);

                broker.kill();
                assertServedFromTheBucket(broker, topic, stores, proxy);
                broker.stop();
                assertServedFromTheBucket(broker, topic, stores, proxy);
                broker.assertHealthy();
            }
        }
    }

    /** Every partition has a segment, and what came behind it is in merged objects for the most part. */
    private static void awaitSealedAndMerged(ClusterStores stores) {
        Patience.until(
                "every partition is sealed, and something is merged",
                () -> segments(stores).size() >= PARTITIONS && !merged(stores).isEmpty());
        assertThat(segments(stores).stream()
                        .map(key -> key.replaceFirst("[^/]*$", ""))
                        .distinct())
                .hasSize(PARTITIONS);
    }

    private static List<String> segments(ClusterStores stores) {
        return keysEnding(stores, ".kfs");
    }

    private static List<String> keysEnding(ClusterStores stores, String end) {
        return stores.s3().keys(stores.bucket()).stream()
                .filter(key -> key.endsWith(end))
                .toList();
    }

    /** The objects that commit records name which are of a higher tier than fresh ones. */
    private static List<String> merged(ClusterStores stores) {
        return stores.etcd().values("/kafscale/kafscale/commits/").stream()
                .map(SegmentDurabilityTest::record)
                .filter(record -> record.getTier() > 0)
                .map(SharedObject::getKey)
                .toList();
    }

    private static SharedObject record(byte[] value) {
        try {
            return SharedObject.parseFrom(value);
        } catch (InvalidProtocolBufferException damaged) {
            throw new AssertionError(damaged);
        }
    }

    /** Starts a broker that reads everything, and from which objects it does so. */
    private static void assertServedFromTheBucket(
            BrokerProcess broker, TestTopic topic, ClusterStores stores, S3FaultProxy proxy) {
        Set<String> read = ConcurrentHashMap.newKeySet();
        proxy.inject((request, random) -> {
            if (request.isReadOfObject()) {
                read.add(request.path().replaceFirst("^/[^/]*/", ""));
            }
            return new S3Fault.Act.Pass();
        });
        broker.start();
        assertAllIsThere(topic);
        proxy.inject(S3Fault.NONE);

        List<String> segments = segments(stores);
        assertThat(segments.stream().map(key -> key.replaceFirst("kfs$", "index")))
                .containsExactlyElementsOf(keysEnding(stores, ".index"));
        assertThat(read).containsAll(segments);
        assertThat(merged(stores)).isNotEmpty();
        assertThat(read).containsAll(merged(stores));
    }

    private static void produce(TestTopic topic) {
        List<Future<RecordMetadata>> answers = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                TestTopic.settings(topic.bootstrap()), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int offset = 0; offset < PER_PARTITION; offset++) {
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    byte[] value = Payload.encode(new RecordId(0, partition, offset), VALUE_BYTES);
                    answers.add(producer.send(
                            new ProducerRecord<>(topic.name(), partition, FIRST_TIME + offset, null, value)));
                }
            }
        }
        answers.forEach(TestTopic::await);
    }

    private static void assertAllIsThere(TestTopic topic) {
        Properties settings = TestTopic.settings(topic.bootstrap());
        settings.put("auto.offset.reset", "none");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(topic.allPartitions());
            for (TopicPartition partition : topic.allPartitions()) {
                assertThat(consumer.beginningOffsets(List.of(partition))).containsEntry(partition, 0L);
                assertThat(consumer.endOffsets(List.of(partition))).containsEntry(partition, (long) PER_PARTITION);
            }
            assertEachIsThereOnce(consumer, topic);
            Random random = new Random(1);
            for (int lookup = 0; lookup < LOOKUPS; lookup++) {
                TopicPartition partition = topic.allPartitions().get(lookup % PARTITIONS);
                assertFoundByTime(consumer, partition, random.nextInt(PER_PARTITION));
            }
            for (int seek = 0; seek < LOOKUPS / 5; seek++) {
                assertFoundByOffset(consumer, topic.allPartitions().get(seek % PARTITIONS), random);
            }
        }
    }

    private static void assertEachIsThereOnce(KafkaConsumer<byte[], byte[]> consumer, TestTopic topic) {
        consumer.seekToBeginning(topic.allPartitions());
        Map<Integer, Long> next = new HashMap<>();
        Patience.until("all records are read", () -> {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                long expected = next.getOrDefault(record.partition(), 0L);
                assertIs(record, expected);
                next.put(record.partition(), expected + 1);
            }
            return next.values().stream().mapToLong(count -> count).sum() >= (long) PARTITIONS * PER_PARTITION;
        });
        assertThat(next.values()).containsOnly((long) PER_PARTITION);
    }

    private static void assertFoundByTime(
            KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, int offset) {
        long time = FIRST_TIME + offset;
        Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(Map.of(partition, time));

        assertThat(found.get(partition)).isNotNull().satisfies(answer -> {
            assertThat(answer.offset()).isEqualTo(offset);
            assertThat(answer.timestamp()).isEqualTo(time);
        });
    }

    private static void assertFoundByOffset(
            KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, Random random) {
        long offset = random.nextInt(PER_PARTITION);
        consumer.assign(List.of(partition));
        consumer.seek(partition, offset);
        List<ConsumerRecord<byte[], byte[]>> got = new ArrayList<>();
        Patience.until("the record at " + offset + " is read", () -> {
            consumer.poll(POLL).forEach(got::add);
            return !got.isEmpty();
        });
        assertIs(got.getFirst(), offset);
    }

    private static void assertIs(ConsumerRecord<byte[], byte[]> record, long offset) {
        assertThat(record.offset()).isEqualTo(offset);
        assertThat(record.timestamp()).isEqualTo(FIRST_TIME + offset);
        assertThat(Payload.decode(record.value())).isEqualTo(new RecordId(0, record.partition(), offset));
    }
}
