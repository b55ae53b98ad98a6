// SPDX-License-Identifier: Apache-2.0
package io.kafscale.benchmarks;

import io.kafscale.broker.chunk.BatchRun;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.segment.SealedState;
import io.kafscale.broker.segment.SegmentName;
import io.kafscale.broker.segment.SegmentWriter;
import io.kafscale.broker.segment.Segments;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.time.SystemClock;
import io.kafscale.proto.metadata.PartitionState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * How long a stock consumer takes from its making to its first record, in a partition of many sealed segments: at the
 * beginning, at a time in the middle, and at the end, on a broker that was just started and on one that has answered before.
 * Then a record of each segment is read, and the heap is told that is in use before and after. The segments are written by the
 * broker's own writer. Confined to the main thread.
 *
 * <pre>
 *   java -cp benchmarks/target/benchmarks.jar io.kafscale.benchmarks.SegmentStart DIRECTORY [segments [records to touch]]
 * </pre>
 */
public final class SegmentStart {
    private static final TopicPartition LONG = new TopicPartition("long", 0);
    private static final TopicPartition OTHER = new TopicPartition("other", 0);
    private static final int BATCHES = 4;
    private static final int RECORDS = 16;
    private static final int RECORD_BYTES = 1000;
    private static final int PER_SEGMENT = BATCHES * RECORDS;
    private static final long TIME = 1_700_000_000_000L;
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final Scene scene;
    private final int segments;
    private final long records;

    private SegmentStart(Scene scene, int segments) {
        this.scene = scene;
        this.segments = segments;
        this.records = (long) segments * PER_SEGMENT;
    }

    /** A place to begin at. */
    private enum Place {
        BEGINNING,
        TIME_IN_THE_MIDDLE,
        END
    }

    /** See the type. */
    public static void main(String[] arguments) throws IOException, InterruptedException, ExecutionException {
        Path directory = Path.of(arguments[0]);
        int segments = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 10_000;
        int touched = arguments.length > 2 ? Integer.parseInt(arguments[2]) : segments;
        boolean isFilled = Files.exists(directory);
        try (Scene scene = Scene.open(directory)) {
            SegmentStart starts = new SegmentStart(scene, segments);
            if (!isFilled) {
                starts.fill();
            }
            starts.measure();
            for (String cache : List.of("1MiB", "32MiB")) {
                starts.touch(cache, touched);
            }
        }
    }

    private void fill() throws IOException, InterruptedException, ExecutionException {
        Process broker = scene.startBroker(Map.of());
        scene.awaitBroker();
        Uuid id;
        try (Admin admin = Admin.create(properties())) {
            admin.createTopics(List.of(new NewTopic(OTHER.topic(), 1, (short) 1)))
                    .all()
                    .get();
            id = admin.createTopics(
                            List.of(new NewTopic(LONG.topic(), 1, (short) 1).configs(Map.of("retention.ms", "-1"))))
                    .topicId(LONG.topic())
                    .get();
        }
        broker.destroy();
        broker.waitFor();
        PartitionId partition = new PartitionId(new UUID(id.getMostSignificantBits(), id.getLeastSignificantBits()), 0);
        try (ObjectStore objects = scene.objects();
                MetadataStore metadata = scene.metadata()) {
            SegmentName newest = write(objects, partition);
            PartitionState state = PartitionState.newBuilder()
                    .setSealedThrough(records)
                    .setNewestSegment(newest.toString())
                    .build();
            TransactionResult result = metadata.commit(Transaction.when()
                    .put(Scene.KEYS.partitionState(partition), state.toByteString())
                    .build());
            if (!(result instanceof TransactionResult.Applied)) {
                throw new IOException("the state is not written: " + result);
            }
        }
    }

    private SegmentName write(ObjectStore objects, PartitionId partition) throws InterruptedException {
        Segments known = new Segments(objects, Scene.ROOT, new SystemClock(), scene.threads(), 1 << 20);
        SealedState before = SealedState.NONE;
        SegmentName name = new SegmentName(LONG.topic(), partition, 0, PER_SEGMENT - 1L, 0);
        for (long base = 0; base < records; base += PER_SEGMENT) {
            name = new SegmentName(LONG.topic(), partition, base, base + PER_SEGMENT - 1, 0);
            try (SegmentWriter writer = new SegmentWriter(objects, Scene.ROOT, name, TIME, before)) {
                for (int batch = 0; batch < BATCHES; batch++) {
                    writer.add(new BatchRun(List.of(batch(base + (long) batch * RECORDS))));
                }
                writer.finish();
            }
            before = known.state(name);
        }
        return name;
    }

    /** The record of an offset has that many seconds after the first. */
    private static RecordBatch batch(long base) {
        Random random = new Random(base);
        SimpleRecord[] values = IntStream.range(0, RECORDS)
                .mapToObj(i -> {
                    byte[] value = new byte[RECORD_BYTES];
                    random.nextBytes(value);
                    return new SimpleRecord(timeOf(base + i), value);
                })
                .toArray(SimpleRecord[]::new);
        RecordBatch batch = RecordBatch.at(
                MemoryRecords.withRecords(Compression.NONE, values).buffer(), 0);
        batch.assign(base, 0);
        return batch;
    }

    private static long timeOf(long offset) {
        return TIME + offset * 1000;
    }

    private Properties properties() {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", scene.bootstrap());
        return properties;
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        return new KafkaConsumer<>(properties(), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private void measure() throws IOException, InterruptedException {
        System.out.println("| place | broker | first record after ms | load |");
        System.out.println("|---|---|---|---|");
        Process broker = scene.startBroker(Map.of());
        for (int warm = 0; warm < 2; warm++) {
            scene.awaitBroker();
            for (Place place : Place.values()) {
                start(place); // for the sake of the client's own code
            }
        }
        for (Place place : Place.values()) {
            broker.destroy();
            broker.waitFor();
            broker = scene.startBroker(Map.of());
            scene.awaitBroker();
            tell(place, "fresh");
        }
        for (Place place : Place.values()) {
            start(place);
            tell(place, "warm");
        }
        broker.destroy();
        broker.waitFor();
    }

    private void tell(Place place, String broker) throws IOException {
        System.out.printf(Locale.ROOT, "| %s | %s | %d | %s |%n", place, broker, start(place), Scene.load());
    }

    /** Answers after how many milliseconds a new consumer has its first record from there. */
    private long start(Place place) {
        long start = System.nanoTime();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            consumer.assign(List.of(LONG));
            switch (place) {
                case BEGINNING -> consumer.seekToBeginning(List.of(LONG));
                case TIME_IN_THE_MIDDLE ->
                    consumer.seek(
                            LONG,
                            Objects.requireNonNull(consumer.offsetsForTimes(Map.of(LONG, timeOf(records / 2)))
                                            .get(LONG))
                                    .offset());
                case END ->
                    consumer.seek(
                            LONG,
                            Objects.requireNonNull(
                                            consumer.endOffsets(List.of(LONG)).get(LONG))
                                    - 1);
            }
            long first = next(consumer);
            long expected = switch (place) {
                case BEGINNING -> 0;
                case TIME_IN_THE_MIDDLE -> records / 2;
                case END -> records - 1;
            };
            if (first != expected) {
                throw new IllegalStateException(place + ": record " + first + " instead of " + expected);
            }
            return (System.nanoTime() - start) / 1_000_000;
        }
    }

    private static long next(KafkaConsumer<byte[], byte[]> consumer) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (System.nanoTime() < end) {
            ConsumerRecords<byte[], byte[]> polled = consumer.poll(Duration.ofSeconds(1));
            for (ConsumerRecord<byte[], byte[]> found : polled) {
                return found.offset();
            }
        }
        throw new IllegalStateException("no record in " + LIMIT);
    }

    /** Reads a record of so many segments, and tells the heap in use before and after. */
    private void touch(String indexCache, int count) throws IOException, InterruptedException {
        Process broker =
                scene.startBroker(Map.of("KAFSCALE_INDEX_CACHE_BYTES", indexCache, "KAFSCALE_CACHE_BYTES", "16MiB"));
        scene.awaitBroker();
        start(Place.BEGINNING);
        double before = heapMegabytes(broker);
        long start = System.nanoTime();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            consumer.assign(List.of(LONG));
            for (int i = 0; i < count; i++) {
                consumer.seek(LONG, (long) i * (segments / count) * PER_SEGMENT);
                next(consumer);
            }
        }
        System.out.printf(
                Locale.ROOT,
                "index cache %s: heap in use %.1f MB, after a record of each of %d segments (%.1f s) %.1f MB%n",
                indexCache,
                before,
                count,
                (System.nanoTime() - start) / 1e9,
                heapMegabytes(broker));
        broker.destroy();
        broker.waitFor();
    }

    private static double heapMegabytes(Process broker) throws IOException, InterruptedException {
        String pid = String.valueOf(broker.pid());
        Scene.tell("jcmd", pid, "GC.run");
        Matcher used = Pattern.compile("used (\\d+)K").matcher(Scene.tell("jcmd", pid, "GC.heap_info"));
        if (!used.find()) {
            throw new IOException("jcmd does not tell the heap in use");
        }
        return Long.parseLong(used.group(1)) / 1e3;
    }
}
