// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static io.kafscale.it.GroupMembers.awaitAssignment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.it.process.BrokerProcess;
import io.kafscale.it.process.BrokerSettings;
import io.kafscale.it.process.ChildProcess;
import io.kafscale.it.process.ForeignClient;
import io.kafscale.it.process.Patience;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a group keeps when its broker restarts, when static members are gone for a while, and against administrators. */
@ExtendWith(SharedBroker.class)
class LastingGroupTest {
    private static final Pattern SOME = Pattern.compile("assigned \\[\\d.*]");
    private static final Pattern TWO = Pattern.compile("assigned \\[\\d, \\d]");
    private static final Pattern ALL = Pattern.compile("assigned \\[0, 1, 2, 3]");
    private static final Pattern DISTURBED = Pattern.compile("(assigned|revoked|commit failed).*");

    /** Else clients from 4.0 on forget the topic while they see no broker at all, and their leader assigns anew. */
    private static final String KEEPS_METADATA = "metadata.recovery.strategy=none";

    /** Longer than any test: nobody is taken for dead. */
    private static final String LONG_SESSION = "session.timeout.ms=120000";

    private final GroupMembers members = new GroupMembers();

    @TempDir
    private Path directory;

    @AfterEach
    void closeMembers() {
        members.close();
    }

    /** Of the broker that is restarted. */
    protected BrokerSettings settings(Path fresh) {
        return BrokerSettings.in(fresh);
    }

    @ParameterizedTest
    @EnumSource
    void aRestartOfTheBrokerDisturbsNoMember(ForeignClient client) {
        try (BrokerProcess broker = BrokerProcess.started("group-restart", settings(directory))) {
            TestTopic topic = TestTopic.create(broker.bootstrap(), "work-" + client.name(), 4);
            ChildProcess first = members.join(client, topic, KEEPS_METADATA);
            awaitAssignment(first, ALL, 0);
            ChildProcess second = members.join(client, topic, KEEPS_METADATA);
            awaitAssignment(second, TWO, 0);
            awaitAssignment(first, TWO, 0);
            long ofFirst = first.standardOutput().count();
            long ofSecond = second.standardOutput().count();

            broker.stop();
            broker.start();

            assertThat(describe(topic).groupState()).isEqualTo(GroupState.STABLE);
            topic.sendNumbers(0, 100);
            members.awaitNumber(99);
            // commits are taken from members of the current generation alone
            awaitAllCommitted(topic);
            assertThat(first.standardOutput().linesFrom(ofFirst)).noneMatch(DISTURBED.asMatchPredicate());
            assertThat(second.standardOutput().linesFrom(ofSecond)).noneMatch(DISTURBED.asMatchPredicate());

            ChildProcess third = members.join(client, topic, KEEPS_METADATA);
            awaitAssignment(third, SOME, 0);
            awaitAssignment(first, SOME, ofFirst);
            awaitAssignment(second, SOME, ofSecond);
            broker.assertHealthy();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aStaticMemberHasItsPlaceUntilAnAdministratorTakesIt(ForeignClient client, Bootstrap broker) {
        TestTopic topic = TestTopic.create(broker.address(), broker.newName("static"), 4);
        ChildProcess goes = members.join(client, topic, "group.instance.id=goes", LONG_SESSION);
        awaitAssignment(goes, ALL, 0);
        ChildProcess stays = members.join(client, topic, "group.instance.id=stays", LONG_SESSION);
        awaitAssignment(stays, TWO, 0);
        awaitAssignment(goes, TWO, 0);
        long halved = stays.standardOutput().count();

        end(goes);
        assertThat(describe(topic).members()).hasSize(2);
        remove(topic, "goes");
        awaitAssignment(stays, ALL, halved);

        end(stays);
        assertThat(describe(topic).groupState()).isEqualTo(GroupState.STABLE);
        remove(topic, "stays");
        assertThat(describe(topic).groupState()).isEqualTo(GroupState.EMPTY);
    }

    @Test
    void anAdministratorMovesNoOffsetsUnderAMember(Bootstrap broker) {
        TestTopic topic = TestTopic.create(broker.address(), broker.newName("moved"), 4);
        Map<TopicPartition, OffsetAndMetadata> offsets =
                Map.of(topic.allPartitions().get(0), new OffsetAndMetadata(7));
        ChildProcess member = members.join(ForeignClient.KAFKA_CLIENTS_4, topic);
        awaitAssignment(member, ALL, 0);

        try (Admin admin = Admin.create(TestTopic.settings(topic.bootstrap()))) {
            assertThatThrownBy(() -> await(admin.alterConsumerGroupOffsets(topic.name(), offsets)
                            .all()))
                    .hasCauseInstanceOf(UnknownMemberIdException.class);
            end(member);
            await(admin.alterConsumerGroupOffsets(topic.name(), offsets).all());
            assertThat(topic.committed(topic.name()))
                    .containsEntry(topic.allPartitions().get(0), 7L);

            await(admin.deleteConsumerGroups(List.of(topic.name())).all());
            assertThatThrownBy(() -> await(
                            admin.deleteConsumerGroups(List.of(topic.name())).all()))
                    .hasCauseInstanceOf(GroupIdNotFoundException.class);
        }
    }

    private static void end(ChildProcess member) {
        member.endInput();
        assertThat(member.awaitExit(Patience.LIMIT)).isZero();
    }

    private static void awaitAllCommitted(TestTopic topic) {
        Patience.until(
                "everything is committed", () -> topic.committed(topic.name()).equals(topic.endOffsets()));
    }

    private static ConsumerGroupDescription describe(TestTopic topic) {
        try (Admin admin = Admin.create(TestTopic.settings(topic.bootstrap()))) {
            return await(admin.describeConsumerGroups(List.of(topic.name())).all())
                    .values()
                    .iterator()
                    .next();
        }
    }

    private static void remove(TestTopic topic, String instanceId) {
        try (Admin admin = Admin.create(TestTopic.settings(topic.bootstrap()))) {
            await(admin.removeMembersFromConsumerGroup(
                            topic.name(),
                            new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove(instanceId))))
                    .all());
        }
    }

    private static <T> T await(KafkaFuture<T> answer) {
        return TestTopic.await(answer.toCompletionStage().toCompletableFuture());
    }
}
