// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.storage.StorageException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class BrokerTest {

    private static BrokerConfig memory(Map<String, String> more) {
        Map<String, String> variables = new HashMap<>(more);
        variables.put("KAFSCALE_USE_MEMORY_S3", "true");
        variables.putIfAbsent("KAFSCALE_BROKER_ADDR", "127.0.0.1:0");
        return BrokerConfig.from(variables);
    }

    private static BrokerConfig directory(Path directory) {
        return BrokerConfig.from(
                Map.of("KAFSCALE_DATA_DIR", directory.toString(), "KAFSCALE_BROKER_ADDR", "127.0.0.1:0"));
    }

    @Test
    void threeInOneJvmLeaveNoThreadBehind() throws IOException {
        Set<Thread> before = new HashSet<>(Thread.getAllStackTraces().keySet());
        List<Broker> brokers =
                List.of(Broker.start(memory(Map.of())), Broker.start(memory(Map.of())), Broker.start(memory(Map.of())));

        assertThat(brokers).extracting(Broker::port).doesNotHaveDuplicates().doesNotContain(0);
        for (Broker broker : brokers) {
            assertThat(broker.runningThreads()).isNotEmpty();
            try (Socket client = new Socket(InetAddress.getLoopbackAddress(), broker.port())) {
                assertThat(client.isConnected()).isTrue();
            }
        }
        brokers.forEach(Broker::close);

        for (Broker broker : brokers) {
            assertThat(broker.runningThreads()).isEmpty();
        }
        Set<Thread> left = new HashSet<>(Thread.getAllStackTraces().keySet());
        left.removeAll(before);
        left.removeIf(BrokerTest::isOfTheJvm);
        assertThat(left).isEmpty();
    }

    /** Carriers of virtual threads and the like stay with the JVM once they are needed. */
    private static boolean isOfTheJvm(Thread thread) {
        return thread.getThreadGroup() == null
                || thread.getThreadGroup().getName().equals("system")
                || thread.getThreadGroup().getName().equals("InnocuousThreadGroup")
                || thread.getName().startsWith("ForkJoinPool-1-worker")
                || thread.getName().startsWith("Read-Poller")
                || thread.getName().startsWith("VirtualThread-unparker");
    }

    @Test
    void saysWhereItListens() {
        try (Broker broker = Broker.start(memory(Map.of()))) {
            assertThat(broker.address()).isEqualTo("127.0.0.1:" + broker.port());
        }
        try (Broker broker = Broker.start(memory(Map.of("KAFSCALE_BROKER_ADDR", ":0")))) {
            assertThat(broker.address()).isEqualTo("0.0.0.0:" + broker.port());
        }
    }

    @Test
    void closingTwiceIsClosingOnce() {
        Broker broker = Broker.start(memory(Map.of()));

        broker.close();
        broker.close();

        assertThat(broker.runningThreads()).isEmpty();
    }

    @Test
    void aPortThatIsTakenIsNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();

            assertThatThrownBy(() -> Broker.start(memory(Map.of("KAFSCALE_BROKER_ADDR", address))))
                    .isInstanceOf(BrokerStartException.class)
                    .hasMessageContaining(address)
                    .hasMessageContaining("KAFSCALE_BROKER_ADDR");
        }
    }

    @Test
    void aHostThatCannotBeResolvedIsNamed() {
        assertThatThrownBy(() -> Broker.start(memory(Map.of("KAFSCALE_BROKER_ADDR", "no-such-host.invalid:0"))))
                .isInstanceOf(BrokerStartException.class)
                .hasMessageContaining("no-such-host.invalid");
    }

    @Test
    void aDirectoryInUseIsNamed(@TempDir Path directory) {
        try (Broker first = Broker.start(directory(directory))) {
            assertThat(first.port()).isPositive();

            assertThatThrownBy(() -> Broker.start(directory(directory)))
                    .isInstanceOf(BrokerStartException.class)
                    .hasMessageContaining(directory.toString())
                    .hasMessageContaining("in use");
        }
    }

    @Test
    void aDirectoryThatCannotBeMadeIsNamed(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "not a directory");

        assertThatThrownBy(() -> Broker.start(directory(file.resolve("data"))))
                .isInstanceOf(BrokerStartException.class)
                .hasMessageStartingWith("KAFSCALE_DATA_DIR: ")
                .hasMessageContaining(file.toString());
    }

    @Test
    void aDirectoryCanBeOpenedAgainAtOnce(@TempDir Path directory) {
        Broker.start(directory(directory)).close();

        try (Broker second = Broker.start(directory(directory))) {
            assertThat(second.port()).isPositive();
        }
    }

    @Test
    void closesAlthoughTheObjectsAreStuck() throws Exception {
        CountDownLatch stuck = new CountDownLatch(1);
        Broker broker = Broker.start(
                memory(Map.of()),
                (config, clock, threads, bucket, closing) -> {
                    Stores stores = Stores.open(config, clock, threads, bucket, closing);
                    HookedObjects objects = new HookedObjects(stores.objects());
                    objects.onPut((key, real) -> {
                        if (!key.value().endsWith(".kso")) {
                            return real.get();
                        }
                        stuck.countDown();
                        throw interruptedAtLast();
                    });
                    return new Stores(stores.metadata(), objects, stores.death());
                },
                cause -> {});
        Map<String, Object> client = Map.of(
                "bootstrap.servers", broker.address(),
                "key.serializer", StringSerializer.class,
                "value.serializer", StringSerializer.class);
        try (Producer<String, String> producer = new KafkaProducer<>(client)) {
            Future<RecordMetadata> pending = producer.send(new ProducerRecord<>("orders", "value"));
            stuck.await();

            broker.close();

            assertThat(broker.runningThreads()).isEmpty();
            assertThat(pending.isDone()).isFalse();
            producer.close(Duration.ZERO);
        }
    }

    private static StorageException interruptedAtLast() {
        try {
            new CountDownLatch(1).await();
            throw new AssertionError("nobody opens this latch");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new StorageException(StorageException.Kind.INTERRUPTED, "interrupted", e);
        }
    }
}
