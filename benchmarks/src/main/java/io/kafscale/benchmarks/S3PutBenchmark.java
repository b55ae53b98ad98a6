// SPDX-License-Identifier: Apache-2.0
package io.kafscale.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.S3Environment;
import io.kafscale.broker.storage.S3Keys;
import io.kafscale.broker.storage.S3ObjectStore;
import io.kafscale.broker.storage.S3Settings;
import io.kafscale.broker.storage.S3Writing;
import io.kafscale.broker.time.SystemClock;
import io.kafscale.broker.time.SystemThreads;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What puts and reads of S3 cost this process: CPU seconds per gigabyte, and milliseconds of CPU for a small put. A program
 * and no JMH benchmark, since it is the CPU of all threads that counts, not the time. Confined to the main thread.
 *
 * <pre>
 *   java -cp benchmarks/target/benchmarks.jar io.kafscale.benchmarks.S3PutBenchmark \
 *       http://127.0.0.1:7070 BUCKET ACCESS_KEY SECRET_KEY
 * </pre>
 */
public final class S3PutBenchmark {
    private static final int LARGE = 8 << 20;
    private static final int SMALL = 4 << 10;
    private static final int SLICES = 64;
    private static final double GIGA = 1e9;

    private final ObjectStore store;
    private final Random random = new Random();
    private final OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private S3PutBenchmark(ObjectStore store) {
        this.store = store;
    }

    /** Runs against the bucket that the arguments name. */
    public static void main(String[] arguments) throws InterruptedException {
        S3Settings settings = new S3Settings(
                arguments[1],
                Optional.empty(),
                Optional.of(URI.create(arguments[0])),
                true,
                Optional.of(new S3Keys(arguments[2], arguments[3], Optional.empty())),
                new S3Writing(Optional.empty(), false),
                64);
        try (SystemThreads threads = new SystemThreads();
                ObjectStore store = S3ObjectStore.open(
                        settings,
                        new ObjectKey("benchmark"),
                        new S3Environment(new SystemClock(), threads, new Random()),
                        Duration.ofSeconds(10))) {
            S3PutBenchmark benchmark = new S3PutBenchmark(store);
            benchmark.large(2, 200, false);
            for (int threadCount : new int[] {1, 4}) {
                benchmark.large(threadCount, 160, true);
            }
            benchmark.small(2_000, false);
            benchmark.small(2_000, true);
        }
    }

    private void large(int threadCount, int count, boolean told) throws InterruptedException {
        List<ByteBuffer> body = slices();
        ConcurrentLinkedQueue<ObjectKey> keys = new ConcurrentLinkedQueue<>();
        Cost put = cost(threadCount, count, () -> {
            ObjectKey key = newKey();
            store.put(key, body);
            keys.add(key);
        });
        ConcurrentLinkedQueue<ObjectKey> left = new ConcurrentLinkedQueue<>(keys);
        Cost read = cost(threadCount, count, () -> {
            ObjectKey key = left.remove();
            store.read(key, 0, LARGE);
        });
        store.delete(keys);
        if (told) {
            double bytes = (double) count * LARGE;
            System.out.printf(
                    "8 MiB, %d threads: put %.2f CPU-s/GB (%.0f MB/s), read %.2f CPU-s/GB (%.0f MB/s)%n",
                    threadCount,
                    put.cpuSeconds() * GIGA / bytes,
                    bytes / put.seconds() / 1e6,
                    read.cpuSeconds() * GIGA / bytes,
                    bytes / read.seconds() / 1e6);
        }
    }

    private void small(int count, boolean told) throws InterruptedException {
        ByteBuffer body = ByteBuffer.allocate(SMALL);
        ConcurrentLinkedQueue<ObjectKey> keys = new ConcurrentLinkedQueue<>();
        Cost put = cost(1, count, () -> {
            ObjectKey key = newKey();
            store.put(key, List.of(body));
            keys.add(key);
        });
        store.delete(keys);
        if (told) {
            System.out.printf("4 KiB, 1 thread: put %.3f CPU-ms%n", put.cpuSeconds() * 1_000 / count);
        }
    }

    private ObjectKey newKey() {
        return new ObjectKey("benchmark/%016x".formatted(random.nextLong()));
    }

    private List<ByteBuffer> slices() {
        byte[] content = new byte[LARGE];
        random.nextBytes(content);
        List<ByteBuffer> slices = new ArrayList<>();
        for (int i = 0; i < SLICES; i++) {
            slices.add(ByteBuffer.wrap(content, i * (LARGE / SLICES), LARGE / SLICES));
        }
        return slices;
    }

    private record Cost(double cpuSeconds, double seconds) {}

    private Cost cost(int threadCount, int count, Runnable work) throws InterruptedException {
        long cpu = system.getProcessCpuTime();
        long start = System.nanoTime();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < threadCount; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                for (int n = 0; n < count / threadCount; n++) {
                    work.run();
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return new Cost((system.getProcessCpuTime() - cpu) / 1e9, (System.nanoTime() - start) / 1e9);
    }
}
