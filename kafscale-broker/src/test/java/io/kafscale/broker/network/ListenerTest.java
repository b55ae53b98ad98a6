// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.handler.Answer;
import io.kafscale.broker.protocol.Frames;
import io.kafscale.broker.protocol.SlicedRecords;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemClock;
import io.kafscale.broker.time.SystemThreads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who may connect, and which peers are sent away. */
@Timeout(120)
class ListenerTest {

    private static NetworkLimits connections(int all, int perAddress) {
        return new NetworkLimits(
                new NetworkLimits.Connections(all, perAddress),
                ListenerFixture.LIMITS.frames(),
                ListenerFixture.LIMITS.times());
    }

    @Test
    void closesConnectionsBeyondTheLimitOfTheirAddress() throws Exception {
        try (ListenerFixture fixture =
                new ListenerFixture(connections(100, 2), new SystemClock(), new ScriptedHandlers())) {
            Peer first = fixture.connect();
            Peer second = fixture.connect();
            roundTrip(first);
            roundTrip(second);

            assertThat(fixture.connect().isClosedByBroker()).isTrue();
            assertThat(fixture.listener.refusedConnections()).isEqualTo(1);

            first.close();
            fixture.awaitOpenConnections(1);
            roundTrip(fixture.connect());
            roundTrip(second);
        }
    }

    @Test
    void letsConnectionsBeyondTheLimitOfAllWait() throws Exception {
        try (ListenerFixture fixture =
                new ListenerFixture(connections(1, 100), new SystemClock(), new ScriptedHandlers())) {
            Peer first = fixture.connect();
            roundTrip(first);
            Peer second = fixture.connect();
            second.heartbeat(7);
            roundTrip(first);
            assertThat(fixture.listener.openConnections()).isEqualTo(1);

            first.close();
            assertThat(second.correlationId()).isEqualTo(7);
        }
    }

    private static void roundTrip(Peer peer) throws IOException {
        peer.heartbeat(1);
        assertThat(peer.correlationId()).isEqualTo(1);
    }

    @Test
    void leavesNoThreadBehindAfterThousandsOfConnections() throws Exception {
        try (ListenerFixture fixture = new ListenerFixture()) {
            for (int round = 0; round < 20; round++) {
                List<Peer> peers = new ArrayList<>();
                for (int i = 0; i < 150; i++) {
                    peers.add(new Peer(fixture.listener.port()));
                }
                for (Peer peer : peers) {
                    peer.produce(round);
                }
                fixture.handlers.complete(round);
                fixture.handlers.awaitProduceRequests(peers.size());
                for (int i = 0; i < peers.size(); i++) {
                    // Half of them read their answers, the others leave before.
                    if (i % 2 == 0) {
                        peers.get(i).frame();
                    }
                    peers.get(i).close();
                }
            }
            fixture.awaitOpenConnections(0);
            fixture.awaitThreads(2);
            assertThat(fixture.threads.running())
                    .extracting(thread -> thread.getName().replaceAll("-\\d+$", ""))
                    .containsExactlyInAnyOrder("kafka-acceptor", "kafka-connection-watchdog");
        }
    }

    @Test
    void closesAPeerThatDoesNotFinishItsFrame() throws Exception {
        ManualClock clock = new ManualClock();
        try (ListenerFixture fixture = new ListenerFixture(shortTimes(), clock, new ScriptedHandlers())) {
            Peer slow = fixture.connect();
            slow.send(ByteBuffer.allocate(6).putInt(0, 1_000));
            Peer honest = fixture.connect();
            roundTrip(honest);
            assertThat(fixture.listener.openConnections()).isEqualTo(2);
            // The other peer talks all the time, so only the slow one can be meant.
            while (fixture.listener.openConnections() > 1) {
                roundTrip(honest);
                clock.awaitWaiting(1);
                clock.advance(Duration.ofSeconds(1));
            }
            assertThat(slow.isClosedByBroker()).isTrue();
            roundTrip(honest);
        }
    }

    @Test
    void closesAPeerThatAsksForNothing() throws Exception {
        ManualClock clock = new ManualClock();
        try (ListenerFixture fixture = new ListenerFixture(shortTimes(), clock, new ScriptedHandlers())) {
            Peer idle = fixture.connect();
            roundTrip(idle);
            advanceUntilClosed(fixture, clock);

            assertThat(idle.isClosedByBroker()).isTrue();
            assertThat(clock.monotonicNanos())
                    .isGreaterThanOrEqualTo(shortTimes().times().idle().toNanos());
        }
    }

    @Test
    void keepsAPeerWhoseRequestTakesLongerThanAnyLimit() throws Exception {
        ManualClock clock = new ManualClock();
        try (ListenerFixture fixture = new ListenerFixture(shortTimes(), clock, new ScriptedHandlers())) {
            Peer peer = fixture.connect();
            fixture.handlers.on(ApiKeys.METADATA, (context, request) -> {
                clock.advance(Duration.ofHours(1));
                clock.awaitWaiting(1);
                clock.advance(Duration.ofHours(1));
                clock.awaitWaiting(1);
                return new Answer.Ready(new MetadataResponseData());
            });
            peer.metadata(3);

            assertThat(peer.correlationId()).isEqualTo(3);
        }
    }

    @Test
    void closesAPeerThatDoesNotReadItsAnswers() throws Exception {
        ManualClock clock = new ManualClock();
        ScriptedHandlers handlers = new ScriptedHandlers();
        CountDownLatch asked = new CountDownLatch(1);
        handlers.on(ApiKeys.FETCH, (context, request) -> {
            asked.countDown();
            return new Answer.Ready(megabytes(30));
        });
        try (ListenerFixture fixture = new ListenerFixture(shortTimes(), clock, handlers);
                Peer stalled = new Peer(fixture.listener.port(), 4 << 10)) {
            stalled.send(Frames.withLength(Frames.request(ApiKeys.FETCH, 12, 1, new FetchRequestData())));
            asked.await();
            advanceUntilClosed(fixture, clock);
            fixture.letOthersRun();
        }
    }

    private static FetchResponseData megabytes(int count) {
        List<ByteBuffer> slices = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            slices.add(ByteBuffer.allocate(1 << 20));
        }
        FetchableTopicResponse topic = new FetchableTopicResponse().setTopic("t");
        topic.partitions().add(new PartitionData().setRecords(new SlicedRecords(slices)));
        return new FetchResponseData().setResponses(List.of(topic));
    }

    private static NetworkLimits shortTimes() {
        return new NetworkLimits(
                ListenerFixture.LIMITS.connections(),
                ListenerFixture.LIMITS.frames(),
                new NetworkLimits.Times(
                        Duration.ofSeconds(60),
                        Duration.ofSeconds(10),
                        16 << 10,
                        Duration.ofSeconds(10),
                        Duration.ofHours(1),
                        1,
                        Duration.ofSeconds(1)));
    }

    /** Moves the time on, second by second, as fast as the watchdog can follow. */
    private static void advanceUntilClosed(ListenerFixture fixture, ManualClock clock) throws InterruptedException {
        while (fixture.listener.openConnections() > 0) {
            clock.awaitWaiting(1);
            clock.advance(Duration.ofSeconds(1));
        }
    }

    @Test
    void givesBackTheRoomOfFramesHoweverTheirConnectionsEnd() throws Exception {
        NetworkLimits tight = new NetworkLimits(
                ListenerFixture.LIMITS.connections(),
                new NetworkLimits.Frames(8 << 20, 256 << 10, 100),
                ListenerFixture.LIMITS.times());
        ScriptedHandlers handlers = new ScriptedHandlers();
        handlers.on(ApiKeys.HEARTBEAT, (context, request) -> {
            throw new IllegalStateException("a bug");
        });
        handlers.on(ApiKeys.LEAVE_GROUP, (context, request) -> new Answer.Disconnect("as asked"));
        try (ListenerFixture fixture = new ListenerFixture(tight, new SystemClock(), handlers)) {
            for (int round = 0; round < 10; round++) {
                for (int way = 0; way < 5; way++) {
                    endInOneWay(fixture, way);
                }
            }
            Peer last = fixture.connect();
            handlers.complete(7);
            last.send(large(ApiKeys.PRODUCE, 7, new ProduceRequestData().setAcks((short) 1), 50_000));
            assertThat(last.correlationId()).isEqualTo(7);
        }
    }

    private static void endInOneWay(ListenerFixture fixture, int way) throws Exception {
        try (Peer peer = new Peer(fixture.listener.port())) {
            switch (way) {
                case 0 -> peer.send(large(ApiKeys.HEARTBEAT, 1, new HeartbeatRequestData(), 50_000));
                case 1 -> peer.send(large(ApiKeys.LEAVE_GROUP, 1, new LeaveGroupRequestData(), 50_000));
                case 2 -> peer.send(Frames.withLength(ByteBuffer.allocate(50_000)));
                case 3 -> peer.send(ByteBuffer.allocate(1_000).putInt(0, 50_000));
                default -> {
                    // Two produces are owed when the peer leaves.
                    peer.send(large(ApiKeys.PRODUCE, 1, new ProduceRequestData().setAcks((short) 1), 20_000));
                    peer.send(large(ApiKeys.PRODUCE, 2, new ProduceRequestData().setAcks((short) 1), 20_000));
                    fixture.handlers.awaitProduceRequests(2);
                    fixture.handlers.complete(1);
                    fixture.handlers.complete(2);
                }
            }
        }
        fixture.awaitOpenConnections(0);
    }

    /** A request with so many bytes behind it. */
    private static ByteBuffer large(ApiKeys api, int correlationId, ApiMessage body, int filler) {
        ByteBuffer frame = Frames.request(api, 4, correlationId, body);
        return Frames.withLength(
                ByteBuffer.allocate(frame.remaining() + filler).put(frame).rewind());
    }

    @Test
    void saysWhichPortTheSystemChose() throws Exception {
        try (ListenerFixture fixture = new ListenerFixture()) {
            assertThat(fixture.listener.port()).isPositive();
        }
    }

    @Test
    void refusesAPortThatIsTaken() throws Exception {
        try (ListenerFixture fixture = new ListenerFixture();
                SystemThreads threads = new SystemThreads()) {
            InetSocketAddress taken = new InetSocketAddress(InetAddress.getLoopbackAddress(), fixture.listener.port());
            assertThatThrownBy(() -> Listener.bind(taken, ListenerFixture.LIMITS, new SystemClock(), threads))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void servesPeersThatCameBeforeItStarted() throws Exception {
        try (SystemThreads threads = new SystemThreads();
                Listener listener = Listener.bind(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        ListenerFixture.LIMITS,
                        new SystemClock(),
                        threads);
                Peer early = new Peer(listener.port())) {
            early.heartbeat(4);
            listener.start(new ScriptedHandlers().router(), new ByteBudget(new SystemClock(), 1), false);

            assertThat(early.correlationId()).isEqualTo(4);
            assertThatThrownBy(() -> listener.start(
                            new ScriptedHandlers().router(), new ByteBudget(new SystemClock(), 1), false))
                    .isInstanceOf(IllegalStateException.class);
        }
    }
}
