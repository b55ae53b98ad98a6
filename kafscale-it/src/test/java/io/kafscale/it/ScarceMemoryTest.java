// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.it.load.SteadyClient;
import io.kafscale.it.process.BrokerProcess;
import io.kafscale.it.process.BrokerSettings;
import io.kafscale.it.process.Patience;
import io.kafscale.it.wire.Batches;
import io.kafscale.it.wire.Frames;
import io.kafscale.it.wire.RawConnection;
import io.kafscale.it.wire.Reply.Answered;
import io.kafscale.it.wire.Reply.Closed;
import io.kafscale.it.wire.Reply.Silence;
import io.kafscale.it.wire.Requests;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker with little memory and clients that would like all of it; it exits if it ever runs out. */
final class ScarceMemoryTest {
    /** An incomplete frame and a stalled write may last 30 s; the rest is for a busy machine. */
    private static final Duration UNTIL_CLOSED = Duration.ofSeconds(60);

    private static final int LARGE_FRAME = 100 * 1024 * 1024;
    private static final Duration CPU_FOR_ONE_REQUEST = Duration.ofSeconds(5);

    @TempDir
    private Path directory;

    private BrokerProcess broker;
    private SteadyClient bystander;

    @BeforeEach
    void startTheBrokerAndABystander() {
        broker = BrokerProcess.started(
                "small", BrokerSettings.in(directory).withFlags("-Xmx128m", "-XX:+ExitOnOutOfMemoryError"));
        bystander = new SteadyClient(
                broker.bootstrap(),
                TestTopic.create(broker.bootstrap(), "steady", 1).name());
    }

    @AfterEach
    void theBystanderNoticedNothing() {
        try {
            bystander.assertUndisturbed();
            broker.assertHealthy();
            System.out.println("peak memory: " + broker.peakMemory());
        } finally {
            bystander.close();
            broker.close();
        }
    }

    @Test
    void connectionsThatAreSlowOrSilentWithinAFrameAreClosed() {
        byte[] metadata = Requests.metadata("steady");
        List<RawConnection> silent = new ArrayList<>();
        for (int count = 0; count < 50; count++) {
            silent.add(begun(metadata.length, 2));
            silent.add(begun(LARGE_FRAME, Integer.BYTES + 10));
            silent.add(begun(LARGE_FRAME, Integer.BYTES + 100_000));
        }
        List<RawConnection> slow = IntStream.range(0, 50)
                .mapToObj(index -> begun(LARGE_FRAME, Integer.BYTES))
                .toList();
        RawConnection idle = RawConnection.open(broker.bootstrap());

        // Far below the 16 KiB a second that a slow frame may last with.
        Patience.until(
                "the slow ones are closed",
                UNTIL_CLOSED,
                () -> slow.stream()
                        .filter(connection -> connection.send((byte) 0))
                        .toList()
                        .isEmpty());
        silent.forEach(connection -> assertThat(connection.reply()).isInstanceOf(Closed.class));
        byte[] versions = Frames.request(ApiKeys.API_VERSIONS, 3, versions());
        idle.send(versions);
        assertThat(idle.reply()).isInstanceOf(Answered.class);
        closeAll(silent);
        closeAll(slow);
        idle.close();
    }

    @Test
    void connectionsThatDoNotReadTheirAnswersAreClosed() {
        TestTopic.create(broker.bootstrap(), "large", 1);
        try (RawConnection producer = RawConnection.open(broker.bootstrap())) {
            for (int count = 0; count < 40; count++) {
                producer.call(Requests.produce("large", Batches.ofSize(500_000), -1));
            }
        }
        byte[] fetch = Requests.fetch("large");
        AtomicInteger closed = new AtomicInteger();
        List<RawConnection> deaf = new ArrayList<>();
        for (int count = 0; count < 30; count++) {
            RawConnection connection = RawConnection.open(broker.bootstrap());
            deaf.add(connection);
            Thread.ofVirtual().start(() -> {
                while (connection.send(fetch)) {
                    Thread.onSpinWait();
                }
                closed.incrementAndGet();
            });
        }

        Patience.until("the deaf ones are closed", UNTIL_CLOSED, () -> closed.get() == deaf.size());
        closeAll(deaf);
    }

    @Test
    void largeProducesFromManyConnectionsWaitForRoom() {
        TestTopic.create(broker.bootstrap(), "large", 1);
        byte[] produce = Requests.produce("large", Batches.ofSize(900_000), -1);
        List<RawConnection> producers = IntStream.range(0, 40)
                .mapToObj(index -> RawConnection.open(broker.bootstrap()))
                .toList();
        for (int round = 0; round < 5; round++) {
            for (RawConnection producer : producers) {
                Thread.ofVirtual().start(() -> producer.send(produce));
            }
            for (RawConnection producer : producers) {
                assertThat(producer.reply()).isInstanceOf(Answered.class);
            }
        }
        closeAll(producers);
    }

    /** Bystanders of another kind: each record needs a frame that is not small. */
    private void assertRecordsOfSixtyFourKibibytesGetThrough(int count) {
        byte[] produce = Requests.produce("steady-large", Batches.ofSize(64 << 10), -1);
        try (RawConnection producer = RawConnection.open(broker.bootstrap())) {
            for (int sent = 0; sent < count; sent++) {
                producer.send(produce);
                assertThat(producer.reply(Duration.ofSeconds(10))).isInstanceOf(Answered.class);
            }
        }
    }

    @Test
    void largeFramesThatCreepKeepNobodyOut() {
        TestTopic.create(broker.bootstrap(), "steady-large", 1);
        List<RawConnection> creeping = IntStream.of(20 << 20, 8 << 20, 20 << 20, 20 << 20, 20 << 20)
                .mapToObj(length -> begun(length, 600_000))
                .toList();
        byte[] crumb = new byte[16 << 10];
        for (int second = 0; second < 10; second++) {
            creeping.forEach(connection -> connection.send(crumb));
            assertRecordsOfSixtyFourKibibytesGetThrough(20);
        }
        closeAll(creeping);
    }

    @Test
    void requestsThatWaitKeepNoFrames() {
        TestTopic.create(broker.bootstrap(), "steady-large", 1);
        List<RawConnection> waiting = IntStream.of(20 << 20, 8 << 20, 20 << 20)
                .mapToObj(length -> {
                    RawConnection connection = RawConnection.open(broker.bootstrap());
                    byte[] fetch = Requests.fetch("steady-large", Integer.MAX_VALUE);
                    byte[] padded = Arrays.copyOf(fetch, length);
                    ByteBuffer.wrap(padded).putInt(0, length - Integer.BYTES);
                    Thread.ofVirtual().start(() -> connection.send(padded));
                    return connection;
                })
                .toList();
        waiting.forEach(connection ->
                assertThat(connection.reply(Duration.ofSeconds(1))).isInstanceOf(Silence.class));

        assertRecordsOfSixtyFourKibibytesGetThrough(50);
        closeAll(waiting);
    }

    /** Each reader wants 50 MiB of records that are in no cache, and takes nothing of its answer. */
    @Test
    void manySlowReadersOfOldRecordsFitIntoMemory() {
        int partitions = 40;
        TestTopic.create(broker.bootstrap(), "cold", partitions);
        try (RawConnection producer = RawConnection.open(broker.bootstrap())) {
            for (int round = 0; round < 3; round++) {
                for (int partition = 0; partition < partitions; partition++) {
                    producer.call(Requests.produce("cold", partition, Batches.ofSize(900_000), -1));
                }
            }
        }
        List<RawConnection> readers = IntStream.range(0, 30)
                .mapToObj(first -> {
                    RawConnection connection = RawConnection.open(broker.bootstrap());
                    connection.send(Requests.fetchAll("cold", partitions, first));
                    return connection;
                })
                .toList();

        bystander.assertUndisturbed();
        try (RawConnection honest = RawConnection.open(broker.bootstrap())) {
            honest.send(Requests.fetchAll("cold", partitions, 35));
            assertThat(honest.reply()).isInstanceOf(Answered.class);
        }
        closeAll(readers);
    }

    @Test
    void theSameTopicEightThousandTimesCostsNextToNothing() {
        Duration before = cpu();
        try (RawConnection connection = RawConnection.open(broker.bootstrap())) {
            connection.send(Frames.request(ApiKeys.PRODUCE, 3, sameTopic(8_000)));

            connection.reply();
        }
        assertThat(cpu().minus(before)).isLessThan(CPU_FOR_ONE_REQUEST);
    }

    /** A Produce of version 3: no transaction, acks 1, and a topic with no partitions, again and again. */
    private static byte[] sameTopic(int times) {
        ByteBuffer body = ByteBuffer.allocate(2 + 2 + 4 + 4 + times * 7);
        body.putShort((short) -1).putShort((short) 1).putInt(1_000).putInt(times);
        for (int index = 0; index < times; index++) {
            body.putShort((short) 1).put((byte) 'a').putInt(0);
        }
        return body.array();
    }

    /** A connection that announced a frame of {@code frameBytes} and sent {@code sentBytes}, the length among them. */
    private RawConnection begun(int frameBytes, int sentBytes) {
        RawConnection connection = RawConnection.open(broker.bootstrap());
        byte[] beginning = new byte[Math.max(sentBytes, Integer.BYTES)];
        ByteBuffer.wrap(beginning).putInt(frameBytes);
        connection.send(Arrays.copyOf(beginning, sentBytes));
        return connection;
    }

    private Duration cpu() {
        return ProcessHandle.of(broker.process().pid())
                .flatMap(process -> process.info().totalCpuDuration())
                .orElse(Duration.ZERO);
    }

    private static ApiVersionsRequestData versions() {
        return new ApiVersionsRequestData().setClientSoftwareName("raw").setClientSoftwareVersion("1");
    }

    private static void closeAll(List<RawConnection> connections) {
        connections.forEach(RawConnection::close);
    }
}
