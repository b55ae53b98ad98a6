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
        FetchRequestData request = fetch(500, fetchTopic(topic, fetchPartition(0, 0), fetchPartition(7, 0)));

        FetchResponseData data = BrokerFixture.call(broker.fetch(), 12, request, FetchResponseData.class);

        assertThat(data.responses().get(0).partitions())
                .extracting(PartitionData::errorCode)
                .containsExactly(Errors.NONE.code(), Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
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
}
