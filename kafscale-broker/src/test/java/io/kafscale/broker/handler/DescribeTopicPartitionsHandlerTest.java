// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData.DescribeTopicPartitionsResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DescribeTopicPartitionsHandlerTest {

    private static final int SELF = BrokerFixture.SELF.id();

    private BrokerFixture broker;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private static DescribeTopicPartitionsRequestData about(String... names) {
        return new DescribeTopicPartitionsRequestData()
                .setTopics(Stream.of(names)
                        .map(name -> new TopicRequest().setName(name))
                        .toList());
    }

    private static Cursor cursor(String topic, int partition) {
        return new Cursor().setTopicName(topic).setPartitionIndex(partition);
    }

    private DescribeTopicPartitionsResponseData call(DescribeTopicPartitionsRequestData request)
            throws InterruptedException {
        DescribeTopicPartitionsHandler handler = new DescribeTopicPartitionsHandler(
                broker.cluster.catalog(), broker.cluster.membership(), broker.cluster.ownership());
        return BrokerFixture.call(handler, 0, request, DescribeTopicPartitionsResponseData.class);
    }

    /** Topic and partition, or topic and error. */
    private static List<String> shown(DescribeTopicPartitionsResponseData data) {
        List<String> shown = new ArrayList<>();
        for (DescribeTopicPartitionsResponseTopic topic : data.topics()) {
            if (topic.errorCode() != Errors.NONE.code()) {
                shown.add(topic.name() + " " + Errors.forCode(topic.errorCode()));
            }
            topic.partitions().forEach(partition -> shown.add(topic.name() + " " + partition.partitionIndex()));
        }
        return shown;
    }

    @Test
    void showsATopicAsMetadataDoes() throws InterruptedException {
        Topic topic = broker.topic("orders", 2);

        DescribeTopicPartitionsResponseData data = call(about("orders"));

        assertThat(data.nextCursor()).isNull();
        assertThat(data.topics()).singleElement().satisfies(shown -> {
            assertThat(shown.topicId()).isEqualTo(TopicKey.toKafka(topic.id()));
            assertThat(shown.isInternal()).isFalse();
            assertThat(shown.topicAuthorizedOperations()).isEqualTo(AuthorizedOperations.TOPIC);
            assertThat(shown.partitions()).hasSize(2).allSatisfy(partition -> {
                assertThat(partition.errorCode()).isEqualTo(Errors.NONE.code());
                assertThat(partition.leaderId()).isEqualTo(SELF);
                assertThat(partition.leaderEpoch()).isZero();
                assertThat(partition.replicaNodes()).containsExactly(SELF);
                assertThat(partition.isrNodes()).containsExactly(SELF);
                assertThat(partition.offlineReplicas()).isEmpty();
                assertThat(partition.eligibleLeaderReplicas()).isEmpty();
            });
        });
    }

    @Test
    void pagesGoOnAtTheirCursors() throws InterruptedException {
        broker.topic("b", 3);
        broker.topic("a", 2);
        broker.topic("c", 1);
        List<List<String>> pages = new ArrayList<>();
        Optional<Cursor> next = Optional.of(cursor("", 0));
        while (next.isPresent()) {
            DescribeTopicPartitionsResponseData page = call(new DescribeTopicPartitionsRequestData()
                    .setCursor(next.get())
                    .setResponsePartitionLimit(2));
            pages.add(shown(page));
            next = Optional.ofNullable(page.nextCursor()).map(at -> cursor(at.topicName(), at.partitionIndex()));
        }

        assertThat(pages).containsExactly(List.of("a 0", "a 1"), List.of("b 0", "b 1"), List.of("b 2", "c 0"));
    }

    @Test
    void aPageEndsBeforeATopicForWhichThereIsNoRoom() throws InterruptedException {
        broker.topic("a", 2);
        broker.topic("b", 1);

        DescribeTopicPartitionsResponseData page = call(about("b", "a", "b").setResponsePartitionLimit(2));

        assertThat(shown(page)).containsExactly("a 0", "a 1");
        assertThat(page.nextCursor().topicName()).isEqualTo("b");
        assertThat(page.nextCursor().partitionIndex()).isZero();
    }

    @Test
    void aPageHasNoMorePartitionsThanItMay() throws InterruptedException {
        broker.topic("wide", DescribeTopicPartitionsHandler.MAX_PARTITIONS + 1);

        DescribeTopicPartitionsResponseData page = call(about("wide").setResponsePartitionLimit(Integer.MAX_VALUE));
        DescribeTopicPartitionsResponseData least = call(about("wide").setResponsePartitionLimit(-5));

        assertThat(shown(page)).hasSize(DescribeTopicPartitionsHandler.MAX_PARTITIONS);
        assertThat(page.nextCursor().partitionIndex()).isEqualTo(DescribeTopicPartitionsHandler.MAX_PARTITIONS);
        assertThat(shown(least)).containsExactly("wide 0");
    }

    @Test
    void whatIsNamedAndNotThereIsSaidToBeUnknown() throws InterruptedException {
        broker.topic("a", 1);

        assertThat(shown(call(about("z", "a", "a/b"))))
                .containsExactly("a 0", "a/b INVALID_TOPIC_EXCEPTION", "z UNKNOWN_TOPIC_OR_PARTITION");
        assertThat(shown(call(about("a", "z").setCursor(cursor("gone", 7)))))
                .containsExactly("gone UNKNOWN_TOPIC_OR_PARTITION", "z UNKNOWN_TOPIC_OR_PARTITION");
        assertThat(shown(call(about().setCursor(cursor("gone", 7))))).isEmpty();
    }

    @Test
    void aCursorBehindTheLastPartitionShowsNone() throws InterruptedException {
        broker.topic("a", 1);
        broker.topic("b", 1);

        DescribeTopicPartitionsResponseData data = call(about().setCursor(cursor("a", Integer.MAX_VALUE)));

        assertThat(shown(data)).containsExactly("b 0");
        assertThat(data.topics()).hasSize(2);
    }

    @Test
    void refusesACursorBeforeTheFirstPartition() throws InterruptedException {
        broker.topic("a", 1);

        assertThat(shown(call(about("a").setCursor(cursor("a", -1))))).containsExactly("a INVALID_REQUEST");
    }
}
