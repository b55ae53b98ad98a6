// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static io.kafscale.broker.handler.Requests.fetch;
import static io.kafscale.broker.handler.Requests.fetchPartition;
import static io.kafscale.broker.handler.Requests.fetchTopic;
import static io.kafscale.broker.handler.Requests.produce;
import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.bounds.Share;
import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The handlers' clock stands still, so a fetch that ends without a move of it was woken, not timed out. */
@Timeout(60)
class FetchWaitTest {

    private static final int BATCH_BYTES = TestBatch.of("a").bytes().remaining();

    private BrokerFixture broker;
    private Topic topic;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
        topic = broker.topic("orders", 3);
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

    private FetchRequestData allPartitions(int maxWaitMillis) {
        return fetch(
                maxWaitMillis, fetchTopic(topic, fetchPartition(0, 0), fetchPartition(1, 0), fetchPartition(2, 0)));
    }

    private InBackground<FetchResponseData> start(FetchRequestData request) throws InterruptedException {
        InBackground<FetchResponseData> fetch = InBackground.start(
                broker.threads, () -> BrokerFixture.call(broker.fetch(), 12, request, FetchResponseData.class));
        broker.clock.awaitWaiting(1);
        return fetch;
    }

    private static List<Integer> sizes(FetchResponseData data) {
        return data.responses().get(0).partitions().stream()
                .map(partition -> FetchHandlerTest.values(partition.records()).size())
                .toList();
    }

    @Test
    void wakesWhenAnyOfItsPartitionsHasCommitted() throws InterruptedException {
        InBackground<FetchResponseData> fetch = start(allPartitions(500));

        write(2, "a", "b");

        assertThat(sizes(fetch.result())).containsExactly(0, 0, 2);
    }

    @Test
    void waitsOnceForAllPartitionsUntilTheyHoldEnoughTogether() throws InterruptedException {
        InBackground<FetchResponseData> fetch = start(allPartitions(500).setMinBytes(2 * BATCH_BYTES));

        write(0, "a");
        write(1, "b");

        assertThat(sizes(fetch.result())).containsExactly(1, 1, 0);
    }

    @Test
    void returnsWhatIsThereWhenItsTimeIsUp() throws InterruptedException {
        write(0, "a");
        InBackground<FetchResponseData> fetch = start(allPartitions(500).setMinBytes(1_000_000));

        broker.clock.advance(Duration.ofMillis(500));

        assertThat(sizes(fetch.result())).containsExactly(1, 0, 0);
    }

    @Test
    void doesNotWaitForWhatCanNeverFit() throws InterruptedException {
        write(0, "a");

        FetchRequestData request =
                allPartitions(500).setMinBytes(Integer.MAX_VALUE).setMaxBytes(1);

        assertThat(sizes(BrokerFixture.call(broker.fetch(), 12, request, FetchResponseData.class)))
                .containsExactly(1, 0, 0);
    }

    @Test
    void doesNotWaitBesideAnError() throws InterruptedException {
        broker.stopServing(topic, 2);

        FetchResponseData data = BrokerFixture.call(broker.fetch(), 12, allPartitions(500), FetchResponseData.class);

        assertThat(data.responses().get(0).partitions())
                .extracting(PartitionData::errorCode)
                .containsExactly(Errors.NONE.code(), Errors.NONE.code(), Errors.NOT_LEADER_OR_FOLLOWER.code());
    }

    /** As Apache Kafka: what does not exist says nothing about how soon there is something elsewhere. */
    @Test
    void waitsForTheOthersBesideAPartitionThatDoesNotExist() throws InterruptedException {
        InBackground<FetchResponseData> fetch =
                start(fetch(500, fetchTopic(topic, fetchPartition(0, 0), fetchPartition(7, 0))));

        write(0, "a");

        assertThat(fetch.result().responses().get(0).partitions())
                .extracting(PartitionData::errorCode)
                .containsExactly(Errors.NONE.code(), Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(sizes(fetch.result())).containsExactly(1, 0);
    }

    @Test
    void doesNotWaitWhenNothingThatItAsksForExists() throws InterruptedException {
        FetchRequestData request = fetch(500, fetchTopic(topic, fetchPartition(7, 0)));

        assertThat(sizes(BrokerFixture.call(broker.fetch(), 12, request, FetchResponseData.class)))
                .containsExactly(0);
    }

    /** As Apache Kafka: the last word on a partition counts, at the place of the first. */
    @Test
    void looksOnceAtAPartitionThatIsNamedTwice() throws InterruptedException {
        write(0, "a");
        write(1, "b");
        FetchRequestData request = fetch(
                0,
                fetchTopic(topic, fetchPartition(0, 1), fetchPartition(1, 0), fetchPartition(0, 0)),
                fetchTopic(topic, fetchPartition(1, 0)));

        FetchResponseData data = BrokerFixture.call(broker.fetch(), 12, request, FetchResponseData.class);

        assertThat(data.responses()).hasSize(1);
        assertThat(sizes(data)).containsExactly(1, 1);
    }

    @Test
    void doesNotWaitWithoutTime() throws InterruptedException {
        FetchResponseData data = BrokerFixture.call(broker.fetch(), 12, allPartitions(-1), FetchResponseData.class);

        assertThat(sizes(data)).containsExactly(0, 0, 0);
    }

    @Test
    void endsWhenAPartitionIsNotServedAnyMore() throws InterruptedException {
        InBackground<FetchResponseData> fetch = start(allPartitions(500));

        broker.stopServing(topic, 1);

        assertThat(fetch.result().responses().get(0).partitions())
                .extracting(PartitionData::errorCode)
                .containsExactly(Errors.NONE.code(), Errors.NOT_LEADER_OR_FOLLOWER.code(), Errors.NONE.code());
    }

    /** Memory of earlier answers that are not sent yet: this one has what is left, and at least its first batch. */
    @Test
    void answersWithLessWhenMemoryIsShort() throws InterruptedException {
        write(0, "a");
        write(0, "b");
        write(1, "c");
        broker.answers.take(broker.answers.limit(), Deadline.NEVER);
        Share others = broker.smallAnswers
                .share(broker.smallAnswers.limit(), Deadline.NEVER)
                .orElseThrow();
        InBackground<FetchResponseData> fetch = start(allPartitions(0));

        others.shrinkTo(broker.smallAnswers.limit() - 2L * BATCH_BYTES);

        assertThat(sizes(fetch.result())).containsExactly(2, 0, 0);
    }

    @Test
    void givesTheMemoryBackWhenTheAnswerIsClosed() throws InterruptedException {
        write(0, "a");
        Answer answer = BrokerFixture.send(broker.fetch(), 12, allPartitions(0));
        assertThat(broker.answers.used()).isPositive();

        ((Answer.Ready) answer).close();

        assertThat(broker.answers.used()).isZero();
    }

    @Test
    void waitsNoLongerThanAMinuteWhateverTheClientSays() throws InterruptedException {
        InBackground<FetchResponseData> fetch = start(allPartitions(Integer.MAX_VALUE));

        broker.clock.advance(Duration.ofMinutes(1));

        assertThat(sizes(fetch.result())).containsExactly(0, 0, 0);
    }
}
