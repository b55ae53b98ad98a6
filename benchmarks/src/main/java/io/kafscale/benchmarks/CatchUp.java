// SPDX-License-Identifier: Apache-2.0
package io.kafscale.benchmarks;

import io.kafscale.broker.chunk.CommitRecord;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.proto.metadata.SharedObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * How fast one stock consumer reads what is in no cache of the broker, beside the S3 server's own speed for the same objects:
 * once from sealed segments and once from shared objects, which are fresh or merged. Confined to the main thread.
 *
 * <pre>
 *   java -cp benchmarks/target/benchmarks.jar io.kafscale.benchmarks.CatchUp DIRECTORY [megabytes [rounds]]
 * </pre>
 */
public final class CatchUp {
    private static final String SEALED = "sealed";
    private static final String SHARED = "shared";
    private static final int PARTITIONS = 4;
    private static final int RECORD_BYTES = 1000;
    private static final int READ_BYTES = 4 << 20;

    /** The block that is waited for, and those that the broker reads ahead. */
    private static final int STREAMS = 3;

    private final Scene scene;
    private final long megabytes;

    private CatchUp(Scene scene, long megabytes) {
        this.scene = scene;
        this.megabytes = megabytes;
    }

    /** See the type. */
    public static void main(String[] arguments) throws IOException, InterruptedException, ExecutionException {
        Path directory = Path.of(arguments[0]);
        long megabytes = arguments.length > 1 ? Long.parseLong(arguments[1]) : 2_000;
        int rounds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 3;
        boolean isFilled = Files.exists(directory);
        try (Scene scene = Scene.open(directory)) {
            CatchUp catchUp = new CatchUp(scene, megabytes);
            if (!isFilled) {
                catchUp.fill();
            }
            System.out.println("| what | consumer MB/s | broker CPU-s per GB | S3, 1 stream MB/s | S3, " + STREAMS
                    + " streams MB/s | objects | load |");
            System.out.println("|---|---|---|---|---|---|---|");
            for (int round = 0; round < rounds; round++) {
                catchUp.measure(SEALED);
                catchUp.measure(SHARED);
            }
        }
    }

    private void fill() throws IOException, InterruptedException, ExecutionException {
        Process broker = scene.startBroker(Map.of());
        scene.awaitBroker();
        try (Admin admin = Admin.create(properties())) {
            admin.createTopics(List.of(
                            new NewTopic(SEALED, PARTITIONS, (short) 1).configs(Map.of("segment.bytes", "67108864")),
                            new NewTopic(SHARED, PARTITIONS, (short) 1).configs(Map.of("segment.bytes", "1073741824"))))
                    .all()
                    .get();
        }
        produce(SEALED);
        long unsealed = Long.MAX_VALUE;
        while (unsealed > 0) {
            Thread.sleep(2_000); // what is large enough is sealed within a second or two
            long before = unsealed;
            unsealed = sealedObjects();
            unsealed = unsealed == before ? 0 : unsealed;
        }
        produce(SHARED);
        Thread.sleep(40_000); // merging comes to rest
        System.out.printf(
                Locale.ROOT, "%d commit records, %d sealed objects%n", scene.keys("commits/"), sealedObjects());
        broker.destroy();
        broker.waitFor();
    }

    private long sealedObjects() throws InterruptedException {
        try (ObjectStore objects = scene.objects()) {
            return sealed(objects).size();
        }
    }

    private void produce(String topic) throws InterruptedException, ExecutionException {
        Properties properties = properties();
        properties.put("buffer.memory", String.valueOf(128L << 20));
        properties.put("batch.size", String.valueOf(128 << 10));
        properties.put("linger.ms", "20");
        byte[] value = new byte[RECORD_BYTES];
        new Random(1).nextBytes(value);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            List<Future<RecordMetadata>> last = new ArrayList<>();
            for (long sent = 0; sent < megabytes * 1_000_000 / RECORD_BYTES; sent++) {
                last.clear();
                last.add(producer.send(new ProducerRecord<>(topic, (int) (sent % PARTITIONS), null, value)));
            }
            for (Future<RecordMetadata> written : last) {
                written.get();
            }
        }
    }

    private Properties properties() {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", scene.bootstrap());
        return properties;
    }

    private void measure(String topic) throws IOException, InterruptedException {
        Process broker = scene.startBroker(Map.of());
        scene.awaitBroker();
        Duration before = cpu(broker);
        double consumed = consume(topic);
        double cpu = cpu(broker).minus(before).toMillis() / (double) megabytes;
        broker.destroy();
        broker.waitFor();
        try (ObjectStore objects = scene.objects()) {
            List<Body> found = topic.equals(SEALED) ? sealed(objects) : shared();
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.0f | %.2f | %.0f | %.0f | %d | %s |%n",
                    topic,
                    consumed,
                    cpu,
                    read(objects, found, 1),
                    read(objects, found, STREAMS),
                    found.size(),
                    Scene.load());
        }
    }

    private static Duration cpu(Process process) {
        return process.info().totalCpuDuration().orElse(Duration.ZERO);
    }

    private double consume(String topic) {
        List<TopicPartition> partitions = IntStream.range(0, PARTITIONS)
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long left = megabytes * 1_000_000 / RECORD_BYTES;
            long bytes = 0;
            long start = System.nanoTime();
            while (left > 0) {
                for (ConsumerRecord<byte[], byte[]> read : consumer.poll(Duration.ofSeconds(1))) {
                    bytes += read.serializedValueSize();
                    left--;
                }
            }
            return megabytesPerSecond(bytes, start);
        }
    }

    /** An object, and how many bytes of records it has. */
    private record Body(ObjectKey key, long bytes) {}

    private static List<Body> sealed(ObjectStore objects) {
        return objects.list(Scene.ROOT + "/topics/", "", ObjectStore.MAX_LISTING).stream()
                .filter(found -> found.key().value().endsWith(".kfs"))
                .map(found -> new Body(found.key(), found.sizeBytes()))
                .toList();
    }

    /** Those that commit records name. */
    private List<Body> shared() throws IOException, InterruptedException {
        List<Body> found = new ArrayList<>();
        try (MetadataStore metadata = scene.metadata()) {
            for (KeyValue entry : metadata.range(Scene.KEYS.commits()).all()) {
                CommitRecord record = CommitRecord.of(SharedObject.parseFrom(entry.value()));
                found.add(new Body(record.object(), record.footerPosition()));
            }
        }
        return found;
    }

    private record Range(ObjectKey key, long position, int length) {}

    /** As much as the consumer has read, in ranges of its blocks, by so many threads. */
    private double read(ObjectStore objects, List<Body> found, int streams) throws InterruptedException {
        Queue<Range> ranges = new ConcurrentLinkedQueue<>();
        long bytes = 0;
        for (Body object : found) {
            for (long at = 0; at < object.bytes() && bytes < megabytes * 1_000_000; at += READ_BYTES) {
                int length = (int) Math.min(READ_BYTES, object.bytes() - at);
                ranges.add(new Range(object.key(), at, length));
                bytes += length;
            }
        }
        long start = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                for (Range next = ranges.poll(); next != null; next = ranges.poll()) {
                    objects.read(next.key(), next.position(), next.length());
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return megabytesPerSecond(bytes, start);
    }

    private static double megabytesPerSecond(long bytes, long start) {
        return bytes * 1e3 / (System.nanoTime() - start);
    }
}
