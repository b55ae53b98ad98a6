// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.handler.Answer;
import io.kafscale.broker.protocol.Frames;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The order of requests and answers on one connection, and what ends it. */
@Timeout(60)
class ConnectionTest {

    private ListenerFixture fixture;
    private ScriptedHandlers handlers;
    private Peer peer;

    @BeforeEach
    void open() throws IOException {
        fixture = new ListenerFixture();
        handlers = fixture.handlers;
        peer = fixture.connect();
    }

    @AfterEach
    void close() throws IOException {
        fixture.close();
    }

    @Test
    void answersInTheOrderOfTheRequests() throws Exception {
        peer.produce(1);
        peer.produce(2);
        peer.produce(3);
        handlers.awaitProduceRequests(3);

        handlers.complete(3);
        handlers.complete(2);
        handlers.complete(1);

        assertThat(List.of(peer.correlationId(), peer.correlationId(), peer.correlationId()))
                .containsExactly(1, 2, 3);
    }

    @Test
    void keepsTheOrderWhenALaterRequestIsAnsweredAtOnce() throws Exception {
        handlers.on(
                ApiKeys.PRODUCE,
                (context, request) ->
                        context.correlationId() == 1 ? handlers.later(1) : new Answer.Ready(new ProduceResponseData()));
        peer.produce(1);
        peer.produce(2);
        fixture.letOthersRun();
        handlers.complete(1);

        assertThat(List.of(peer.correlationId(), peer.correlationId())).containsExactly(1, 2);
    }

    @Test
    void takesUpAProduceWhileAnEarlierOneWaits() throws Exception {
        peer.produce(1);
        peer.produce(2);
        handlers.awaitProduceRequests(2);

        handlers.complete(1);
        assertThat(peer.correlationId()).isEqualTo(1);
        handlers.complete(2);
        assertThat(peer.correlationId()).isEqualTo(2);
    }

    @Test
    void takesUpAnotherRequestOnlyWhenAllProducesAreAnswered() throws Exception {
        peer.produce(1);
        peer.produce(2);
        peer.metadata(3);
        handlers.awaitProduceRequests(2);
        fixture.letOthersRun();
        handlers.complete(1);
        fixture.letOthersRun();
        handlers.complete(2);

        assertThat(List.of(peer.correlationId(), peer.correlationId(), peer.correlationId()))
                .containsExactly(1, 2, 3);
        assertThat(handlers.events())
                .containsExactly("produce 1", "produce 2", "completed 1", "completed 2", "metadata 3");
    }

    @Test
    void stopsReadingWhileTooManyAnswersAreOwed() throws Exception {
        NetworkLimits few = new NetworkLimits(
                ListenerFixture.LIMITS.connections(),
                new NetworkLimits.Frames(1 << 20, 1 << 20, 2),
                ListenerFixture.LIMITS.times());
        try (ListenerFixture narrow = new ListenerFixture(few, new SystemClock(), new ScriptedHandlers())) {
            Peer sender = narrow.connect();
            for (int i = 1; i <= 6; i++) {
                sender.produce(i);
            }
            // Two are in the line, and the reader holds the third.
            narrow.handlers.awaitProduceRequests(3);
            narrow.letOthersRun();
            assertThat(narrow.handlers.unawaitedProduceRequests()).isZero();

            narrow.handlers.complete(1);
            narrow.handlers.awaitProduceRequests(1);
            for (int i = 2; i <= 6; i++) {
                narrow.handlers.complete(i);
            }
            for (int i = 1; i <= 6; i++) {
                assertThat(sender.correlationId()).isEqualTo(i);
            }
        }
    }

    @Test
    void sendsNothingForASilentAnswer() throws Exception {
        handlers.on(ApiKeys.PRODUCE, (context, request) -> new Answer.Silent());
        peer.produce(1);
        peer.metadata(2);

        assertThat(peer.correlationId()).isEqualTo(2);
    }

    @Test
    void sendsEarlierAnswersBeforeItDisconnects() throws Exception {
        peer.produce(1);
        peer.produce(2);
        peer.produce(3);
        handlers.awaitProduceRequests(3);
        handlers.complete(3);
        handlers.complete(2, new Answer.Disconnect("acks=0 and not written"));
        handlers.complete(1);

        assertThat(peer.correlationId()).isEqualTo(1);
        assertThat(peer.isClosedByBroker()).isTrue();
    }

    @Test
    void sendsEarlierAnswersBeforeItClosesForGarbage() throws Exception {
        peer.produce(1);
        handlers.awaitProduceRequests(1);
        peer.send(Frames.withLength(ByteBuffer.wrap(new byte[] {1, 2, 3})));
        fixture.letOthersRun();
        handlers.complete(1);

        assertThat(peer.correlationId()).isEqualTo(1);
        assertThat(peer.isClosedByBroker()).isTrue();
    }

    /** A socket closed with unread bytes sends a reset, and what it had still to send is lost. */
    @Test
    void leavesNoBytesUnreadThatWouldDestroyItsLastAnswer() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        handlers.on(ApiKeys.METADATA, (context, request) -> {
            asked.countDown();
            return new Answer.Ready(new MetadataResponseData().setClusterId("x".repeat(30_000)));
        });
        try (Peer slow = new Peer(fixture.listener.port(), 2 << 10)) {
            slow.metadata(1);
            slow.send(Frames.withLength(ByteBuffer.wrap(new byte[] {1, 2, 3})));
            slow.send(ByteBuffer.allocate(50_000));
            slow.shutdownOutput();
            asked.await();
            peer.close();
            fixture.awaitOpenConnections(0);

            assertThat(slow.frame().remaining()).isGreaterThan(30_000);
            assertThat(slow.isClosedByBroker()).isTrue();
        }
    }

    @Test
    void answersAPeerThatHasClosedItsSideOnly() throws Exception {
        peer.produce(1);
        peer.shutdownOutput();
        handlers.awaitProduceRequests(1);
        fixture.letOthersRun();
        handlers.complete(1);

        assertThat(peer.correlationId()).isEqualTo(1);
        assertThat(peer.isClosedByBroker()).isTrue();
    }

    @Test
    void closesForABugOfAHandlerAndServesOthers() throws Exception {
        handlers.on(ApiKeys.METADATA, (context, request) -> {
            throw new IllegalStateException("a bug");
        });
        peer.metadata(1);

        assertThat(peer.isClosedByBroker()).isTrue();
        fixture.letOthersRun();
    }

    @Test
    void closesForABugInAnAnswerThatCameLater() throws Exception {
        handlers.on(
                ApiKeys.PRODUCE,
                (context, request) -> new Answer.Later(() -> {
                    throw new IllegalStateException("a bug");
                }));
        peer.produce(1);

        assertThat(peer.isClosedByBroker()).isTrue();
        fixture.letOthersRun();
    }

    @Test
    void closesForALengthOutOfRange() throws Exception {
        for (int length : new int[] {-1, 0, Integer.MIN_VALUE, Integer.MAX_VALUE, (8 << 20) + 1}) {
            Peer liar = fixture.connect();
            liar.send(ByteBuffer.allocate(Integer.BYTES).putInt(0, length));
            assertThat(liar.isClosedByBroker()).as("length %d", length).isTrue();
        }
        fixture.letOthersRun();
    }

    @Test
    void closesForATruncatedBody() throws Exception {
        ByteBuffer whole = Frames.request(
                ApiKeys.PRODUCE,
                9,
                1,
                new ProduceRequestData().setAcks((short) 1).setTransactionalId("cut here"));
        peer.send(Frames.withLength(whole.limit(whole.limit() - 5)));

        assertThat(peer.isClosedByBroker()).isTrue();
        fixture.letOthersRun();
    }

    @Test
    void closesForAnUnknownApi() throws Exception {
        peer.send(Frames.withLength(
                ByteBuffer.allocate(10).putShort(0, (short) 999).putInt(4, 1)));

        assertThat(peer.isClosedByBroker()).isTrue();
    }

    @Test
    void closesForAVersionThatIsNotServed() throws Exception {
        peer.send(Frames.withLength(ByteBuffer.allocate(10)
                .putShort(0, ApiKeys.PRODUCE.id)
                .putShort(2, (short) 2)
                .putInt(4, 1)));

        assertThat(peer.isClosedByBroker()).isTrue();
    }

    @Test
    void closesForAnApiWithoutAHandler() throws Exception {
        peer.send(Frames.withLength(Frames.request(ApiKeys.API_VERSIONS, 0, 1, new ApiVersionsRequestData())));

        assertThat(peer.isClosedByBroker()).isTrue();
    }

    @Test
    void takesAFrameThatComesInManyPieces() throws Exception {
        ByteBuffer frame = Frames.withLength(Frames.request(
                ApiKeys.PRODUCE,
                9,
                7,
                new ProduceRequestData().setAcks((short) 1).setTransactionalId("x".repeat(20_000))));
        handlers.complete(7);
        for (int at = 0; at < frame.limit(); at += 1000) {
            peer.send(frame.slice(at, Math.min(1000, frame.limit() - at)));
        }

        assertThat(peer.correlationId()).isEqualTo(7);
    }

    @Test
    void noticesAPeerThatLeavesWithinAFrame() throws Exception {
        peer.send(ByteBuffer.allocate(6).putInt(0, 1000));
        peer.close();

        fixture.awaitOpenConnections(0);
        assertThat(fixture.listener.openConnections()).isZero();
    }

    /** The handler of such a request may wait for long, and does not need the bytes that it was parsed from. */
    @Test
    void givesTheFrameBackBeforeTheHandlerOfARequestWithoutRecordsRuns() throws Exception {
        CountDownLatch parked = new CountDownLatch(3);
        CountDownLatch end = new CountDownLatch(1);
        handlers.on(ApiKeys.FETCH, (context, request) -> {
            parked.countDown();
            end.await();
            return new Answer.Ready(new FetchResponseData());
        });
        try (ListenerFixture narrow = new ListenerFixture(narrow(), new SystemClock(), handlers)) {
            for (int i = 0; i < 3; i++) {
                narrow.connect().send(padded(Frames.request(ApiKeys.FETCH, 12, i, new FetchRequestData()), 600_000));
            }
            parked.await();
            Peer producer = narrow.connect();
            handlers.complete(9);
            producer.send(padded(
                    Frames.request(ApiKeys.PRODUCE, 9, 9, new ProduceRequestData().setAcks((short) 1)), 600_000));

            assertThat(producer.correlationId()).isEqualTo(9);
            end.countDown();
        }
    }

    private static NetworkLimits narrow() {
        return new NetworkLimits(
                ListenerFixture.LIMITS.connections(),
                new NetworkLimits.Frames(1 << 20, 1 << 20, 100),
                ListenerFixture.LIMITS.times());
    }

    /** With bytes behind the body, which are ignored. */
    private static ByteBuffer padded(ByteBuffer request, int bytes) {
        return Frames.withLength(
                ByteBuffer.allocate(request.remaining() + bytes).put(request).rewind());
    }

    @Test
    void breaksAWaitingHandlerOffWhenItsPeerHasLeft() throws Exception {
        ManualClock clock = new ManualClock();
        CountDownLatch parked = new CountDownLatch(1);
        CountDownLatch brokenOff = new CountDownLatch(1);
        handlers.on(ApiKeys.FETCH, (context, request) -> {
            parked.countDown();
            try {
                new CountDownLatch(1).await();
            } finally {
                brokenOff.countDown();
            }
            return new Answer.Ready(new FetchResponseData());
        });
        try (ListenerFixture watched = new ListenerFixture(ListenerFixture.LIMITS, clock, handlers)) {
            Peer leaving = watched.connect();
            leaving.send(Frames.withLength(Frames.request(ApiKeys.FETCH, 12, 1, new FetchRequestData())));
            parked.await();
            leaving.close();
            while (brokenOff.getCount() > 0) {
                clock.awaitWaiting(1);
                clock.advance(Duration.ofSeconds(1));
            }
            watched.awaitOpenConnections(0);
            assertThat(watched.listener.openConnections()).isZero();
        }
    }

    @Test
    void readsOnWhereItLookedWhetherThePeerIsThere() throws Exception {
        ManualClock clock = new ManualClock();
        CountDownLatch parked = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        handlers.on(ApiKeys.FETCH, (context, request) -> {
            parked.countDown();
            end.await();
            return new Answer.Ready(new FetchResponseData());
        });
        try (ListenerFixture watched = new ListenerFixture(ListenerFixture.LIMITS, clock, handlers)) {
            Peer staying = watched.connect();
            int before = watched.threads.running().size();
            staying.send(Frames.withLength(Frames.request(ApiKeys.FETCH, 12, 1, new FetchRequestData())));
            parked.await();
            while (watched.threads.running().size() <= before) {
                clock.awaitWaiting(1);
                clock.advance(Duration.ofSeconds(1));
            }
            staying.metadata(2);
            end.countDown();

            assertThat(staying.correlationId()).isEqualTo(1);
            assertThat(staying.correlationId()).isEqualTo(2);
        }
    }
}
