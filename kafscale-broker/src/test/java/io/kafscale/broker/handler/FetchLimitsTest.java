// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static io.kafscale.broker.handler.Requests.fetch;
import static io.kafscale.broker.handler.Requests.fetchPartition;
import static io.kafscale.broker.handler.Requests.fetchTopic;
import static io.kafscale.broker.handler.Requests.produce;
import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.record.TestBatch;
import java.util.List;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FetchLimitsTest {

    private static final int BATCH_BYTES = TestBatch.of("a").bytes().remaining();

    private BrokerFixture broker;
    private Topic topic;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
        topic = broker.topic("orders", 3);
        for (int partition = 0; partition < 3; partition++) {
            write(partition, "a");
            write(partition, "b");
            write(partition, "c");
        }
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private void write(int partition, String value) throws InterruptedException {
        BrokerFixture.message(BrokerFixture.send(
                broker.produce(),
                9,
                produce(topic, partition, TestBatch.of(value).bytes())));
    }

    private static FetchRequestData all(Topic topic, int partitionMaxBytes) {
        return fetch(
                0,
                fetchTopic(
                        topic,
                        fetchPartition(2, 0).setPartitionMaxBytes(partitionMaxBytes),
                        fetchPartition(0, 0).setPartitionMaxBytes(partitionMaxBytes),
                        fetchPartition(1, 0).setPartitionMaxBytes(partitionMaxBytes)));
    }

    /** The values of each partition, in the answer's order. */
    private List<List<String>> values(FetchRequestData request) throws InterruptedException {
        FetchResponseData data = BrokerFixture.call(broker.fetch(), 12, request, FetchResponseData.class);
        List<PartitionData> partitions = data.responses().get(0).partitions();
        assertThat(partitions).allSatisfy(partition -> {
            assertThat(partition.errorCode()).isEqualTo(Errors.NONE.code());
            assertThat(partition.highWatermark()).isEqualTo(3);
        });
        return partitions.stream()
                .map(partition -> FetchHandlerTest.values(partition.records()))
                .toList();
    }

    @Test
    void keepsTheLimitOfEachPartition() throws InterruptedException {
        assertThat(values(all(topic, 2 * BATCH_BYTES)))
                .containsExactly(List.of("a", "b"), List.of("a", "b"), List.of("a", "b"));
    }

    @Test
    void usesUpTheLimitOfTheRequestFromTheFront() throws InterruptedException {
        FetchRequestData request = all(topic, 1_000_000).setMaxBytes(4 * BATCH_BYTES);

        assertThat(values(request)).containsExactly(List.of("a", "b", "c"), List.of("a"), List.of());
    }

    @Test
    void returnsTheFirstBatchWholeThoughLargerThanEveryLimit() throws InterruptedException {
        assertThat(values(all(topic, 1).setMaxBytes(1))).containsExactly(List.of("a"), List.of(), List.of());
    }

    @Test
    void returnsTheFirstBatchWholeWhereverItIs() throws InterruptedException {
        FetchRequestData request = fetch(
                        0,
                        fetchTopic(
                                topic,
                                fetchPartition(0, 3).setPartitionMaxBytes(1),
                                fetchPartition(1, 0).setPartitionMaxBytes(1)))
                .setMaxBytes(1);

        assertThat(values(request)).containsExactly(List.of(), List.of("a"));
    }

    @Test
    void returnsNothingBeyondALimitThatIsNotPositive() throws InterruptedException {
        assertThat(values(all(topic, -5).setMaxBytes(-5))).containsExactly(List.of("a"), List.of(), List.of());
    }

    @Test
    void looksAtOffsetsThoughTheLimitIsUsedUp() throws InterruptedException {
        FetchRequestData request = fetch(0, fetchTopic(topic, fetchPartition(0, 0), fetchPartition(1, 9)))
                .setMaxBytes(1);

        FetchResponseData data = BrokerFixture.call(broker.fetch(), 12, request, FetchResponseData.class);

        assertThat(data.responses().get(0).partitions())
                .extracting(PartitionData::errorCode)
                .containsExactly(Errors.NONE.code(), Errors.OFFSET_OUT_OF_RANGE.code());
    }
}
