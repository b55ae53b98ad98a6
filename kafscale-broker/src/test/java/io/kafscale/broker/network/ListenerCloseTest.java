// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.handler.Answer;
import io.kafscale.broker.protocol.Frames;
import io.kafscale.broker.time.SystemClock;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a listener still does while it closes. */
@Timeout(60)
class ListenerCloseTest {

    private static NetworkLimits drain(Duration drain) {
        NetworkLimits.Times times = ListenerFixture.LIMITS.times();
        return new NetworkLimits(
                ListenerFixture.LIMITS.connections(),
                ListenerFixture.LIMITS.frames(),
                new NetworkLimits.Times(
                        times.idle(),
                        times.frame(),
                        times.frameBytesPerSecond(),
                        times.stalledWrite(),
                        Duration.ofHours(1),
                        1,
                        drain));
    }

    private static Thread closeAside(ListenerFixture fixture) {
        return fixture.threads.start("closer", fixture.listener::close);
    }

    @Test
    void answersWhatItHasTakenAndThenEndsTheStream() throws Exception {
        try (ListenerFixture fixture = new ListenerFixture()) {
            Peer peer = fixture.connect();
            for (int i = 1; i <= 5; i++) {
                peer.produce(i);
            }
            fixture.handlers.awaitProduceRequests(5);
            Thread closer = closeAside(fixture);
            awaitRefusal(fixture);
            for (int i = 5; i >= 1; i--) {
                fixture.handlers.complete(i);
            }

            for (int i = 1; i <= 5; i++) {
                assertThat(peer.correlationId()).isEqualTo(i);
            }
            assertThat(peer.isClosedByBroker()).isTrue();
            peer.close();
            closer.join();
            fixture.awaitThreads(0);
        }
    }

    /** The port is the first thing to be closed. */
    private static void awaitRefusal(ListenerFixture fixture) throws IOException {
        boolean open = true;
        while (open) {
            try (Peer late = new Peer(fixture.listener.port())) {
                Thread.onSpinWait();
            } catch (ConnectException refused) {
                open = false;
            } catch (SocketException reset) {
                // it was in the queue of the port that was just closed
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void endsTheStreamOfIdlePeersWhileOthersAreAnswered() throws Exception {
        try (ListenerFixture fixture = new ListenerFixture()) {
            Peer busy = fixture.connect();
            busy.produce(1);
            fixture.handlers.awaitProduceRequests(1);
            Peer idle = fixture.connect();
            idle.heartbeat(1);
            idle.frame();
            Thread closer = closeAside(fixture);

            assertThat(idle.isClosedByBroker()).isTrue();
            idle.close();
            fixture.handlers.complete(1);
            assertThat(busy.correlationId()).isEqualTo(1);
            busy.close();
            closer.join();
        }
    }

    @Test
    void answersARequestWhoseHandlerRuns() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        ScriptedHandlers handlers = new ScriptedHandlers();
        handlers.on(ApiKeys.METADATA, (context, request) -> {
            started.countDown();
            mayEnd.await();
            return new Answer.Ready(new MetadataResponseData());
        });
        try (ListenerFixture fixture = new ListenerFixture(ListenerFixture.LIMITS, new SystemClock(), handlers)) {
            Peer peer = fixture.connect();
            peer.metadata(9);
            started.await();
            Thread closer = closeAside(fixture);
            awaitRefusal(fixture);
            mayEnd.countDown();

            assertThat(peer.correlationId()).isEqualTo(9);
            assertThat(peer.isClosedByBroker()).isTrue();
            peer.close();
            closer.join();
        }
    }

    @Test
    void breaksOffAFetchThatOnlyWaits() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        ScriptedHandlers handlers = new ScriptedHandlers();
        handlers.on(ApiKeys.FETCH, (context, request) -> {
            started.countDown();
            new CountDownLatch(1).await();
            throw new IllegalStateException("never");
        });
        try (ListenerFixture fixture = new ListenerFixture(drain(Duration.ofHours(1)), new SystemClock(), handlers)) {
            Peer peer = fixture.connect();
            peer.send(Frames.withLength(Frames.request(ApiKeys.FETCH, 12, 1, new FetchRequestData())));
            started.await();
            fixture.listener.close();

            assertThat(peer.isClosedByBroker()).isTrue();
            fixture.awaitThreads(0);
        }
    }

    @Test
    void givesUpWhatIsNotDecidedInTime() throws Exception {
        try (ListenerFixture fixture =
                new ListenerFixture(drain(Duration.ofMillis(50)), new SystemClock(), new ScriptedHandlers())) {
            Peer peer = fixture.connect();
            peer.produce(1);
            fixture.handlers.awaitProduceRequests(1);
            fixture.listener.close();

            assertThat(peer.isClosedByBroker()).isTrue();
            fixture.awaitThreads(0);
            assertThat(fixture.listener.openConnections()).isZero();
        }
    }

    @Test
    void interruptsAHandlerThatDoesNotEndInTime() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        ScriptedHandlers handlers = new ScriptedHandlers();
        handlers.on(ApiKeys.METADATA, (context, request) -> {
            started.countDown();
            new CountDownLatch(1).await();
            throw new IllegalStateException("never");
        });
        try (ListenerFixture fixture = new ListenerFixture(drain(Duration.ofMillis(50)), new SystemClock(), handlers)) {
            Peer peer = fixture.connect();
            peer.metadata(1);
            started.await();
            fixture.listener.close();

            fixture.awaitThreads(0);
        }
    }

    @Test
    void doesNotWaitForAPeerThatNeverLeaves() throws Exception {
        try (ListenerFixture fixture = new ListenerFixture()) {
            for (int i = 0; i < 50; i++) {
                Peer idle = fixture.connect();
                idle.heartbeat(1);
                idle.frame();
            }
            fixture.listener.close();

            fixture.awaitThreads(0);
        }
    }

    @Test
    void mayBeClosedTwiceAndWithoutAStart() throws Exception {
        try (ListenerFixture fixture = new ListenerFixture()) {
            fixture.listener.close();
            fixture.listener.close();
            Assertions.assertThatThrownBy(fixture::connect).isInstanceOf(ConnectException.class);
        }
    }
}
