// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static io.kafscale.broker.handler.Requests.fetch;
import static io.kafscale.broker.handler.Requests.fetchPartition;
import static io.kafscale.broker.handler.Requests.fetchTopic;
import static io.kafscale.broker.handler.Requests.produce;
import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.record.TestBatch;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The fixture has memory for one session of ten partitions. */
@Timeout(60)
class FetchSessionTest {

    private static final int LAST_VERSION_WITH_NAMES = 12;
    private static final int FIRST_VERSION_WITH_IDS = 13;
    private static final int BATCH_BYTES = TestBatch.of("a").bytes().remaining();

    private BrokerFixture broker;
    private Topic topic;
    private int version = FIRST_VERSION_WITH_IDS;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
        topic = broker.topic("orders", 12);
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private void write(int partition, String... values) throws InterruptedException {
        BrokerFixture.message(BrokerFixture.send(
                broker.produce(),
                9,
                produce(topic, partition, TestBatch.of(values).bytes())));
    }

    private FetchResponseData call(FetchRequestData request) throws InterruptedException {
        return BrokerFixture.call(broker.fetch(), version, request, FetchResponseData.class);
    }

    private FetchTopic asked(FetchPartition... partitions) {
        return fetchTopic(topic, partitions);
    }

    /** Begins a session with partitions from the start of their logs, and returns its id. */
    private FetchResponseData begin(int... partitions) throws InterruptedException {
        FetchPartition[] all = Arrays.stream(partitions)
                .mapToObj(partition -> fetchPartition(partition, 0))
                .toArray(FetchPartition[]::new);
        return call(fetch(0, asked(all)).setSessionEpoch(0));
    }

    private static FetchRequestData next(FetchResponseData session, int epoch, FetchTopic... changed) {
        return fetch(0, changed).setSessionId(session.sessionId()).setSessionEpoch(epoch);
    }

    private FetchRequestData forgetting(FetchRequestData request, Integer... partitions) {
        return request.setForgottenTopicsData(List.of(new ForgottenTopic()
                .setTopic(topic.name())
                .setTopicId(TopicKey.toKafka(topic.id()))
                .setPartitions(List.of(partitions))));
    }

    private static List<Integer> partitions(FetchResponseData data) {
        assertThat(Errors.forCode(data.errorCode())).isEqualTo(Errors.NONE);
        return data.responses().stream()
                .flatMap(part -> part.partitions().stream())
                .map(PartitionData::partitionIndex)
                .toList();
    }

    private static Errors errorOf(FetchResponseData data) {
        assertThat(data.responses()).isEmpty();
        return Errors.forCode(data.errorCode());
    }

    @ParameterizedTest
    @ValueSource(ints = {7, LAST_VERSION_WITH_NAMES, FIRST_VERSION_WITH_IDS, 18})
    void saysEverythingAtFirstAndThenOnlyWhatIsNew(int withSessions) throws InterruptedException {
        version = withSessions;
        write(1, "a");

        FetchResponseData first = begin(0, 1, 2);
        FetchResponseData idle = call(next(first, 1, asked(fetchPartition(1, 1))));
        write(2, "b");
        FetchResponseData news = call(next(first, 2));
        FetchResponseData after = call(next(first, 3, asked(fetchPartition(2, 1))));

        assertThat(partitions(first)).containsExactly(0, 1, 2);
        assertThat(first.sessionId()).isPositive();
        assertThat(partitions(idle)).isEmpty();
        assertThat(idle.sessionId()).isEqualTo(first.sessionId());
        assertThat(partitions(news)).containsExactly(2);
        assertThat(FetchHandlerTest.values(
                        news.responses().get(0).partitions().get(0).records()))
                .containsExactly("b");
        assertThat(partitions(after)).isEmpty();
    }

    @Test
    void sendsRecordsAgainUntilTheClientAsksForTheNext() throws InterruptedException {
        write(0, "a");
        FetchResponseData first = begin(0);

        assertThat(partitions(call(next(first, 1)))).containsExactly(0);
        assertThat(partitions(call(next(first, 2, asked(fetchPartition(0, 1))))))
                .isEmpty();
    }

    @Test
    void wakesForAPartitionThatTheRequestDoesNotName() throws InterruptedException {
        FetchResponseData first = begin(0, 1);
        InBackground<FetchResponseData> fetch =
                InBackground.start(broker.threads, () -> call(next(first, 1).setMaxWaitMs(500)));
        broker.clock.awaitWaiting(1);

        write(1, "a");

        assertThat(partitions(fetch.result())).containsExactly(1);
    }

    @Test
    void takesMorePartitionsAndForgetsSome() throws InterruptedException {
        FetchResponseData first = begin(0, 1);

        FetchResponseData changed = call(forgetting(next(first, 1, asked(fetchPartition(2, 0))), 0));
        write(0, "a");
        write(1, "b");
        write(2, "c");
        FetchResponseData all = call(next(first, 2));

        assertThat(partitions(changed)).as("how it stands is news").containsExactly(2);
        assertThat(partitions(all)).containsExactly(1, 2);
    }

    @Test
    void tellsThatTheLogStartsLater() throws InterruptedException {
        write(0, "a", "b");
        FetchResponseData first = call(fetch(0, asked(fetchPartition(0, 2))).setSessionEpoch(0));
        broker.log(topic, 0).deleteRecords(1);

        assertThat(partitions(call(next(first, 1)))).containsExactly(0);
        assertThat(partitions(call(next(first, 2)))).isEmpty();
    }

    @Test
    void tellsAnErrorEachTimeAndThatItIsOver() throws InterruptedException {
        FetchResponseData first = begin(0, 1);

        FetchResponseData outside = call(next(first, 1, asked(fetchPartition(0, 7))));
        FetchResponseData again = call(next(first, 2));
        FetchResponseData over = call(next(first, 3, asked(fetchPartition(0, 0))));
        FetchResponseData idle = call(next(first, 4));

        assertThat(List.of(partitions(outside), partitions(again), partitions(over)))
                .containsOnly(List.of(0));
        assertThat(partitions(idle)).isEmpty();
    }

    @Test
    void leavesNoPartitionBehindAnother() throws InterruptedException {
        write(0, "a");
        write(1, "b");
        FetchResponseData first = begin(2, 0, 1);

        FetchResponseData one = call(next(first, 1).setMaxBytes(BATCH_BYTES));
        FetchResponseData other = call(next(first, 2).setMaxBytes(BATCH_BYTES));

        assertThat(partitions(one)).containsExactly(0);
        assertThat(partitions(other)).containsExactly(1);
    }

    @Test
    void refusesARequestThatIsNotTheNext() throws InterruptedException {
        FetchResponseData first = begin(0);

        assertThat(errorOf(call(next(first, 2)))).isEqualTo(Errors.INVALID_FETCH_SESSION_EPOCH);
        assertThat(partitions(call(next(first, 1)))).isEmpty();
        assertThat(errorOf(call(next(first, 1)))).isEqualTo(Errors.INVALID_FETCH_SESSION_EPOCH);
    }

    @Test
    void knowsNoOtherSessions() throws InterruptedException {
        FetchResponseData first = begin(0);

        FetchResponseData other = call(next(first, 1).setSessionId(first.sessionId() ^ 1));

        assertThat(errorOf(other)).isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);
    }

    @Test
    void doesNotMixNamesWithIds() throws InterruptedException {
        FetchResponseData first = begin(0);
        version = LAST_VERSION_WITH_NAMES;

        assertThat(errorOf(call(next(first, 1)))).isEqualTo(Errors.FETCH_SESSION_TOPIC_ID_ERROR);
    }

    @Test
    void endsWhenTheClientSaysSo() throws InterruptedException {
        FetchResponseData first = begin(0);

        FetchResponseData last = call(next(first, -1, asked(fetchPartition(0, 0))));

        assertThat(partitions(last)).containsExactly(0);
        assertThat(last.sessionId()).isZero();
        assertThat(broker.sessionBytes.used()).isZero();
        assertThat(errorOf(call(next(first, 1)))).isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);
    }

    @Test
    void endsWithItsLastPartition() throws InterruptedException {
        FetchResponseData first = begin(0, 1);

        FetchResponseData last = call(forgetting(next(first, 1), 0, 1));

        assertThat(partitions(last)).isEmpty();
        assertThat(last.sessionId()).isZero();
        assertThat(broker.sessionBytes.used()).isZero();
    }

    @Test
    void isReplacedWhenTheClientBeginsAnew() throws InterruptedException {
        FetchResponseData first = begin(0, 1, 2, 3, 4, 5, 6, 7);

        FetchResponseData second = call(fetch(0, asked(fetchPartition(0, 0)))
                .setSessionId(first.sessionId())
                .setSessionEpoch(0));

        assertThat(second.sessionId()).isPositive().isNotEqualTo(first.sessionId());
        assertThat(broker.sessionBytes.used()).isEqualTo(FetchSession.bytes(1));
    }

    @Test
    void doesWithoutASessionWhenThereIsNoMemory() throws InterruptedException {
        write(0, "a");
        FetchResponseData first = begin(0, 1, 2, 3, 4, 5, 6, 7, 8);
        broker.clock.advance(FetchSessions.LEAST_LIFE.minusMillis(1));

        FetchResponseData second = begin(0, 1);

        assertThat(partitions(second)).containsExactly(0, 1);
        assertThat(second.sessionId()).isZero();
        assertThat(partitions(call(next(first, 1, asked(fetchPartition(0, 1))))))
                .isEmpty();
    }

    @Test
    void makesRoomWhenItHasNotBeenUsed() throws InterruptedException {
        FetchResponseData first = begin(0, 1, 2, 3, 4, 5, 6, 7, 8);
        broker.clock.advance(FetchSessions.LEAST_LIFE);

        FetchResponseData second = begin(0, 1);

        assertThat(second.sessionId()).isPositive();
        assertThat(errorOf(call(next(first, 1)))).isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);
        assertThat(broker.sessionBytes.used()).isEqualTo(FetchSession.bytes(2));
    }

    @Test
    void staysWhileItIsUsed() throws InterruptedException {
        FetchResponseData first = begin(0, 1, 2, 3, 4, 5, 6, 7, 8);
        broker.clock.advance(Duration.ofSeconds(119));
        call(next(first, 1));
        broker.clock.advance(Duration.ofSeconds(119));

        FetchResponseData second = begin(0, 1);

        assertThat(second.sessionId()).isZero();
        assertThat(partitions(call(next(first, 2)))).isEmpty();
    }

    @Test
    void endsWhenItGrowsBeyondTheMemory() throws InterruptedException {
        FetchResponseData first = begin(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);

        FetchResponseData grown = call(next(first, 1, asked(fetchPartition(10, 0))));

        assertThat(errorOf(grown)).isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);
        assertThat(broker.sessionBytes.used()).isZero();
    }
}
