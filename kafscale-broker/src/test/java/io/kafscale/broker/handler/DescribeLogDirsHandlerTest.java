// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.record.TestBatch;
import java.util.List;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsPartition;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsTopic;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DescribeLogDirsHandlerTest {

    private BrokerFixture broker;
    private Topic orders;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
        orders = broker.topic("orders", 3);
        broker.topic("others", 1);
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private DescribeLogDirsResult call(DescribeLogDirsRequestData request) throws InterruptedException {
        DescribeLogDirsResponseData data = BrokerFixture.call(
                new DescribeLogDirsHandler(broker.cluster.catalog(), broker.logs, "default/test", broker.clock),
                4,
                request,
                DescribeLogDirsResponseData.class);
        assertThat(data.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(data.results()).hasSize(1);
        return data.results().get(0);
    }

    @Test
    void showsOneDirectoryWithAllThatIsServed() throws InterruptedException {
        broker.stopServing(orders, 1);

        DescribeLogDirsResult directory = call(new DescribeLogDirsRequestData().setTopics(null));

        assertThat(directory.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(directory.logDir()).isEqualTo("remote://default/test");
        assertThat(directory.totalBytes()).isEqualTo(-1);
        assertThat(directory.topics()).extracting(DescribeLogDirsTopic::name).containsExactly("orders", "others");
        assertThat(directory.topics().get(0).partitions())
                .extracting(DescribeLogDirsPartition::partitionIndex)
                .containsExactly(0, 2);
    }

    @Test
    void showsHowLargePartitionsAre() throws InterruptedException {
        int bytes = TestBatch.of("a", "b").bytes().remaining();
        BrokerFixture.message(BrokerFixture.send(
                broker.produce(),
                9,
                Requests.produce(orders, 2, TestBatch.of("a", "b").bytes())));

        assertThat(call(new DescribeLogDirsRequestData().setTopics(null))
                        .topics()
                        .get(0)
                        .partitions())
                .extracting(DescribeLogDirsPartition::partitionSize)
                .containsExactly(0L, 0L, (long) bytes);
    }

    @Test
    void showsWhatIsAskedFor() throws InterruptedException {
        DescribeLogDirsRequestData request = new DescribeLogDirsRequestData();
        request.topics().add(new DescribableLogDirTopic().setTopic("orders").setPartitions(List.of(2, 0, 2, 99, -1)));
        request.topics().add(new DescribableLogDirTopic().setTopic("orders").setPartitions(List.of(1)));
        request.topics().add(new DescribableLogDirTopic().setTopic("missing").setPartitions(List.of(0)));

        assertThat(call(request).topics())
                .singleElement()
                .satisfies(topic -> assertThat(topic.partitions())
                        .extracting(DescribeLogDirsPartition::partitionIndex)
                        .containsExactly(2, 0));
        assertThat(call(new DescribeLogDirsRequestData()).topics()).isEmpty();
    }
}
