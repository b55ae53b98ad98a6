// SPDX-License-Identifier: Apache-2.0
package io.kafscale.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * How long a broker takes from {@code java -jar} until every one of many partitions is served again, after a kill under load
 * and after an orderly end: until it tells the end of each log, none of which may be lower than what was acknowledged, and
 * until each has taken another record. Confined to the main thread.
 *
 * <pre>
 *   java -cp benchmarks/target/benchmarks.jar io.kafscale.benchmarks.RestartTime \
 *       DIRECTORY [partitions [megabytes [times as fast as 1 MB/s [minutes at 1 MB/s behind that [rounds]]]]]
 * </pre>
 */
public final class RestartTime {
    private static final int TOPICS = 10;
    private static final int RECORD_BYTES = 1000;
    private static final int FLUSH_INTERVAL_MS = 100;
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final Scene scene;
    private final List<TopicPartition> partitions = new ArrayList<>();
    private final AtomicLongArray acknowledged;
    private final byte[] value = new byte[RECORD_BYTES];

    private RestartTime(Scene scene, int partitionCount) {
        this.scene = scene;
        this.acknowledged = new AtomicLongArray(partitionCount);
        for (int i = 0; i < partitionCount; i++) {
            partitions.add(new TopicPartition("restart-" + i % TOPICS, i / TOPICS));
        }
        new Random(1).nextBytes(value);
    }

    /** See the type. */
    public static void main(String[] arguments) throws IOException, InterruptedException, ExecutionException {
        Path directory = Path.of(arguments[0]);
        int partitionCount = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 10_000;
        int megabytes = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 3_600;
        int speed = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 10;
        int minutes = arguments.length > 4 ? Integer.parseInt(arguments[4]) : 5;
        int rounds = arguments.length > 5 ? Integer.parseInt(arguments[5]) : 3;
        boolean isFilled = Files.exists(directory);
        try (Scene scene = Scene.open(directory)) {
            RestartTime restarts = new RestartTime(scene, partitionCount);
            Process broker = isFilled ? restarts.start() : restarts.fill(megabytes, speed);
            restarts.settle(minutes);
            System.out.println(
                    "| end | listening s | ends told s | written s | CPU-s until told | commit records | partition"
                            + " states | etcd keys | lost | load |");
            System.out.println("|---|---|---|---|---|---|---|---|---|---|");
            for (int round = 0; round < rounds; round++) {
                broker = restarts.restart(broker, true);
                broker = restarts.restart(broker, false);
            }
        }
    }

    private Process start() throws IOException, InterruptedException {
        Process broker = scene.startBroker(Map.of());
        scene.awaitBroker();
        return broker;
    }

    /** Brings the data in, with everything happening so many times as fast, and answers the broker. */
    private Process fill(int megabytes, int speed) throws IOException, InterruptedException, ExecutionException {
        String interval = String.valueOf(FLUSH_INTERVAL_MS / speed);
        Process broker = scene.startBroker(Map.of("KAFSCALE_FLUSH_INTERVAL_MS", interval));
        scene.awaitBroker();
        try (Admin admin = Admin.create(properties())) {
            List<NewTopic> topics = new ArrayList<>();
            for (int i = 0; i < TOPICS; i++) {
                topics.add(new NewTopic("restart-" + i, partitions.size() / TOPICS, (short) 1));
            }
            admin.createTopics(topics).all().get();
        }
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            load(producer, megabytes * 1_000_000L / RECORD_BYTES, speed * 1000L);
        }
        return broker;
    }

    /** Has the usual pace bring objects and commit records to what they usually are. */
    private void settle(int minutes) throws IOException, InterruptedException {
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            load(producer, minutes * 60_000L, 1000);
        }
        List<Long> ends = ends();
        for (int i = 0; i < ends.size(); i++) {
            acknowledged.set(i, ends.get(i));
        }
    }

    private Properties properties() {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", scene.bootstrap());
        properties.put("reconnect.backoff.ms", "20");
        properties.put("reconnect.backoff.max.ms", "20");
        properties.put("retry.backoff.ms", "20");
        properties.put("retry.backoff.max.ms", "20");
        properties.put("default.api.timeout.ms", String.valueOf(LIMIT.toMillis()));
        return properties;
    }

    private KafkaProducer<byte[], byte[]> producer() {
        Properties properties = properties();
        properties.remove("default.api.timeout.ms");
        properties.put("linger.ms", "0");
        properties.put("buffer.memory", String.valueOf(256L << 20));
        properties.put("delivery.timeout.ms", String.valueOf(LIMIT.toMillis()));
        properties.put("max.block.ms", String.valueOf(LIMIT.toMillis()));
        return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    }

    /** Sends records to all partitions in turn, at an even pace. */
    private void load(KafkaProducer<byte[], byte[]> producer, long records, long perSecond)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        for (long sent = 0; sent < records; sent++) {
            long due = start + sent * 1_000_000_000L / perSecond;
            long early = due - System.nanoTime();
            if (early > 1_000_000) {
                TimeUnit.NANOSECONDS.sleep(early);
            }
            send(producer, (int) (sent % partitions.size()));
            if (sent % (records / 10 + 1) == 0) {
                System.out.printf(
                        Locale.ROOT,
                        "%.0f MB in %.0f s, %d commit records, load %s%n",
                        sent * RECORD_BYTES / 1e6,
                        seconds(start),
                        scene.keys("commits/"),
                        Scene.load());
            }
        }
        producer.flush();
    }

    private void send(KafkaProducer<byte[], byte[]> producer, int place) {
        TopicPartition partition = partitions.get(place);
        ProducerRecord<byte[], byte[]> next =
                new ProducerRecord<>(partition.topic(), partition.partition(), null, value);
        Future<RecordMetadata> unused = producer.send(next, (written, failure) -> {
            if (failure == null) {
                acknowledged.accumulateAndGet(place, written.offset() + 1, Math::max);
            }
        });
    }

    private Process restart(Process broker, boolean killed) throws IOException, InterruptedException {
        try (KafkaProducer<byte[], byte[]> before = producer()) {
            load(before, 10_000, 1000); // the kill comes while more is under way
            for (int i = 0; i < 100; i++) {
                send(before, i);
            }
            if (killed) {
                broker.destroyForcibly();
            } else {
                broker.destroy();
            }
            broker.waitFor();
            before.close(Duration.ZERO);
        }
        long commits = scene.keys("commits/");
        long states = scene.keys("partitions/");
        long keys = scene.keys("");
        long start = System.nanoTime();
        Process next = scene.startBroker(Map.of());
        scene.awaitBroker();
        double listening = seconds(start);
        List<Long> ends = ends();
        double told = seconds(start);
        long lost = lost(ends);
        double cpu = next.info().totalCpuDuration().orElse(Duration.ZERO).toMillis() / 1e3;
        try (KafkaProducer<byte[], byte[]> behind = producer()) {
            for (int i = 0; i < partitions.size(); i++) {
                send(behind, i);
            }
            behind.flush();
        }
        System.out.printf(
                Locale.ROOT,
                "| %s | %.2f | %.2f | %.2f | %.1f | %d | %d | %d | %d | %s |%n",
                killed ? "killed" : "in order",
                listening,
                told,
                seconds(start),
                cpu,
                commits,
                states,
                keys,
                lost,
                Scene.load());
        return next;
    }

    /** Asks until the ends of all logs are told. */
    private List<Long> ends() throws InterruptedException {
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        partitions.forEach(partition -> wanted.put(partition, OffsetSpec.latest()));
        try (Admin admin = Admin.create(properties())) {
            Map<TopicPartition, ListOffsetsResultInfo> told =
                    admin.listOffsets(wanted).all().get();
            return partitions.stream()
                    .map(partition ->
                            Objects.requireNonNull(told.get(partition)).offset())
                    .toList();
        } catch (ExecutionException e) {
            throw new KafkaException("the ends of the logs are not told", e);
        }
    }

    /** How many records are missing of those acknowledged. */
    private long lost(List<Long> ends) {
        long lost = 0;
        for (int i = 0; i < ends.size(); i++) {
            lost += Math.max(0, acknowledged.get(i) - ends.get(i));
        }
        return lost;
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }
}
