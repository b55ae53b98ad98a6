// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetCommitResponseData.OffsetCommitResponsePartition;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartition;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopic;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Offsets come in and go out as every version of the requests wants it. */
@Timeout(60)
final class OffsetsTest {

    private static final String GROUP = "readers";

    private final GroupWorld world = new GroupWorld();
    private final TestMember nobody = new TestMember(world, GROUP);

    @AfterEach
    void closeWorld() {
        world.close();
    }

    private static OffsetCommitRequestTopic topic(String name, int... partitions) {
        List<OffsetCommitRequestPartition> list = new ArrayList<>();
        for (int partition : partitions) {
            list.add(new OffsetCommitRequestPartition()
                    .setPartitionIndex(partition)
                    .setCommittedOffset(100 + partition)
                    .setCommittedMetadata(null));
        }
        return new OffsetCommitRequestTopic().setName(name).setPartitions(list);
    }

    private List<Errors> commit(OffsetCommitRequestTopic... topics) throws InterruptedException {
        OffsetCommitResponseData response = world.coordinator()
                .commit(
                        new RequestOrigin("client", "/127.0.0.1", (short) 10),
                        new OffsetCommitRequestData().setGroupId(GROUP).setTopics(List.of(topics)));
        return response.topics().stream()
                .flatMap(topic -> topic.partitions().stream())
                .map(OffsetCommitResponsePartition::errorCode)
                .map(Errors::forCode)
                .toList();
    }

    private OffsetFetchResponseGroup fetchAll() {
        return world.coordinator()
                .fetchOffsets(new OffsetFetchRequestData()
                        .setGroups(List.of(
                                new OffsetFetchRequestGroup().setGroupId(GROUP).setTopics(null))))
                .groups()
                .get(0);
    }

    @Test
    void whoeverIsNoMemberMayCommitForAnEmptyGroup() throws InterruptedException {
        world.topics.create("t", 1);

        assertThat(nobody.commit("t", 0, 42)).isEqualTo(Errors.NONE);

        OffsetFetchResponsePartitions fetched = nobody.fetch("t", 0);
        assertThat(fetched.committedOffset()).isEqualTo(42);
        assertThat(fetched.committedLeaderEpoch()).isEqualTo(3);
        assertThat(fetched.metadata()).isEqualTo("note");
        assertThat(world.stateOf(GROUP)).isEqualTo("Empty");
    }

    @Test
    void whoeverIsNoMemberMayNotCommitForAGroupWithMembers() throws InterruptedException {
        world.topics.create("t", 1);
        TestMember member = new TestMember(world, GROUP);
        GroupActions.joinTogether(world, GROUP, member);

        assertThat(nobody.commit("t", 0, 42)).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        assertThat(member.commit("t", 0, 43)).isEqualTo(Errors.NONE);
        assertThat(nobody.committed("t", 0)).isEqualTo(43);
    }

    @Test
    void aGenerationOfAGroupThatIsNotThereIsRefused() throws InterruptedException {
        world.topics.create("t", 1);

        assertThat(nobody.inVersion(8).commitAs("x", 3, "t", 0, 42)).isEqualTo(Errors.ILLEGAL_GENERATION);
        assertThat(nobody.inVersion(9).commitAs("x", 3, "t", 0, 42)).isEqualTo(Errors.GROUP_ID_NOT_FOUND);
        assertThat(world.describe(GROUP).errorCode()).isEqualTo(Errors.GROUP_ID_NOT_FOUND.code());
    }

    @Test
    void whatWasNotCommittedIsMinusOne() throws InterruptedException {
        world.topics.create("t", 2);
        assertThat(nobody.committed("t", 0)).isEqualTo(-1);
        nobody.commit("t", 0, 1);

        OffsetFetchResponsePartitions none = nobody.fetch("t", 1);

        assertThat(none.committedOffset()).isEqualTo(-1);
        assertThat(none.committedLeaderEpoch()).isEqualTo(-1);
        assertThat(none.metadata()).isEmpty();
        assertThat(none.errorCode()).isZero();
        assertThat(nobody.fetch("no such topic", 0).committedOffset()).isEqualTo(-1);
    }

    @Test
    void eachPartitionIsJudgedAlone() throws InterruptedException {
        world.topics.create("t", 2);
        OffsetCommitRequestTopic mixed = topic("t", 0, 1, 2);
        mixed.partitions().get(1).setCommittedMetadata("m".repeat(4097));

        assertThat(commit(mixed, topic("unknown", 0)))
                .containsExactly(
                        Errors.NONE,
                        Errors.OFFSET_METADATA_TOO_LARGE,
                        Errors.UNKNOWN_TOPIC_OR_PARTITION,
                        Errors.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(nobody.committed("t", 0)).isEqualTo(100);
        assertThat(nobody.committed("t", 1)).isEqualTo(-1);
    }

    @Test
    void metadataIsLimitedInBytes() throws InterruptedException {
        world.topics.create("t", 1);
        OffsetCommitRequestTopic fits = topic("t", 0);
        fits.partitions().get(0).setCommittedMetadata("m".repeat(4096));
        assertThat(commit(fits)).containsExactly(Errors.NONE);

        OffsetCommitRequestTopic large = topic("t", 0);
        large.partitions().get(0).setCommittedMetadata("\u00e4".repeat(2049));
        assertThat(commit(large)).containsExactly(Errors.OFFSET_METADATA_TOO_LARGE);
    }

    @Test
    void aCommitWithNothingToStoreLeavesNoGroup() throws InterruptedException {
        assertThat(commit(topic("unknown", 0))).containsExactly(Errors.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(world.describe(GROUP).errorCode()).isEqualTo(Errors.GROUP_ID_NOT_FOUND.code());
    }

    @Test
    void thePartitionsOfManyBlocksAndTopicsAreStored() throws InterruptedException {
        List<OffsetCommitRequestTopic> topics = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            world.topics.create("t" + i, 120);
            topics.add(topic("t" + i, IntStream.range(0, 120).toArray()));
        }

        assertThat(commit(topics.toArray(OffsetCommitRequestTopic[]::new)))
                .hasSize(60 * 120)
                .containsOnly(Errors.NONE);

        world.restart();
        assertThat(fetchAll().topics())
                .hasSize(60)
                .allSatisfy(topic -> assertThat(topic.partitions())
                        .hasSize(120)
                        .allSatisfy(partition ->
                                assertThat(partition.committedOffset()).isEqualTo(100 + partition.partitionIndex())));
    }

    @Test
    void offsetsOfADeletedTopicAreGoneAlsoWhenItsNameComesBack() throws InterruptedException {
        world.topics.create("t", 1);
        nobody.commit("t", 0, 42);
        world.topics.delete("t");
        assertThat(nobody.committed("t", 0)).isEqualTo(-1);
        assertThat(fetchAll().topics()).isEmpty();

        world.topics.create("t", 2);
        assertThat(nobody.committed("t", 0)).isEqualTo(-1);
        assertThat(fetchAll().topics()).isEmpty();

        nobody.commit("t", 1, 7);
        assertThat(nobody.committed("t", 0)).isEqualTo(-1);
        assertThat(nobody.committed("t", 1)).isEqualTo(7);
    }

    @Test
    void fromVersionTenOnTopicsHaveIds() throws InterruptedException {
        Topic known = world.topics.create("t", 1);
        Uuid id = new Uuid(known.id().getMostSignificantBits(), known.id().getLeastSignificantBits());

        assertThat(commit(topic("", 0).setTopicId(id), topic("", 0).setTopicId(Uuid.ONE_UUID)))
                .containsExactly(Errors.NONE, Errors.UNKNOWN_TOPIC_ID);

        OffsetFetchRequestGroup request = new OffsetFetchRequestGroup()
                .setGroupId(GROUP)
                .setTopics(List.of(
                        new OffsetFetchRequestTopics().setTopicId(id).setPartitionIndexes(List.of(0)),
                        new OffsetFetchRequestTopics().setTopicId(Uuid.ONE_UUID).setPartitionIndexes(List.of(0))));
        List<OffsetFetchResponseTopics> topics = world.coordinator()
                .fetchOffsets(new OffsetFetchRequestData().setGroups(List.of(request)))
                .groups()
                .get(0)
                .topics();
        assertThat(topics.get(0).topicId()).isEqualTo(id);
        assertThat(topics.get(0).partitions().get(0).committedOffset()).isEqualTo(100);
        assertThat(topics.get(1).partitions().get(0).errorCode()).isEqualTo(Errors.UNKNOWN_TOPIC_ID.code());
        assertThat(fetchAll().topics().get(0).topicId()).isEqualTo(id);
        assertThat(fetchAll().topics().get(0).name()).isEqualTo("t");
    }

    @Test
    void beforeVersionEightARequestIsForOneGroup() throws InterruptedException {
        world.topics.create("t", 2);
        nobody.commit("t", 0, 42);
        OffsetFetchRequestData named = new OffsetFetchRequestData()
                .setGroupId(GROUP)
                .setTopics(List.of(new OffsetFetchRequestTopic().setName("t").setPartitionIndexes(List.of(0, 1))));

        List<OffsetFetchResponseTopic> topics =
                world.coordinator().fetchOffsets(named).topics();
        assertThat(topics).hasSize(1);
        assertThat(topics.get(0).partitions())
                .extracting(OffsetFetchResponsePartition::committedOffset)
                .containsExactly(42L, -1L);

        OffsetFetchRequestData all =
                new OffsetFetchRequestData().setGroupId(GROUP).setTopics(null);
        assertThat(world.coordinator().fetchOffsets(all).topics().get(0).partitions())
                .hasSize(1);
    }

    @Test
    void severalGroupsAreAnsweredEachForItself() throws InterruptedException {
        world.topics.create("t", 1);
        nobody.commit("t", 0, 42);
        OffsetFetchRequestData request = new OffsetFetchRequestData()
                .setRequireStable(true)
                .setGroups(List.of(
                        new OffsetFetchRequestGroup().setGroupId(GROUP).setTopics(null),
                        new OffsetFetchRequestGroup().setGroupId("other").setTopics(null),
                        new OffsetFetchRequestGroup()
                                .setGroupId("third")
                                .setMemberId("m")
                                .setMemberEpoch(1)
                                .setTopics(List.of(new OffsetFetchRequestTopics()
                                        .setName("t")
                                        .setPartitionIndexes(List.of(0))))));

        List<OffsetFetchResponseGroup> groups =
                world.coordinator().fetchOffsets(request).groups();

        assertThat(groups.get(0).topics()).hasSize(1);
        assertThat(groups.get(1).topics()).isEmpty();
        assertThat(groups.get(1).errorCode()).isZero();
        assertThat(groups.get(2).errorCode()).isZero();
        assertThat(groups.get(2).topics().get(0).partitions().get(0).committedOffset())
                .isEqualTo(-1);
    }

    @Test
    void theGroupWithoutANameHasOffsetsAndNothingElse() throws InterruptedException {
        world.topics.create("t", 1);
        TestMember unnamed = new TestMember(world, "");

        assertThat(unnamed.commit("t", 0, 9)).isEqualTo(Errors.NONE);
        world.restart();

        assertThat(unnamed.committed("t", 0)).isEqualTo(9);
        assertThat(unnamed.heartbeat()).isEqualTo(Errors.INVALID_GROUP_ID);
        assertThat(unnamed.sync()).isEqualTo(Errors.INVALID_GROUP_ID);
        assertThat(unnamed.leave()).isEqualTo(Errors.INVALID_GROUP_ID);
    }

    @Test
    void anyTextIsAGroupId() throws InterruptedException {
        world.topics.create("t", 1);
        List<String> names = List.of("a/b", "a%2Fb", "gr\u00fc\u00dfe", " ", "a/b/0", "..");
        for (int i = 0; i < names.size(); i++) {
            assertThat(new TestMember(world, names.get(i)).commit("t", 0, i)).isEqualTo(Errors.NONE);
        }
        world.restart();

        for (int i = 0; i < names.size(); i++) {
            assertThat(new TestMember(world, names.get(i)).committed("t", 0)).isEqualTo(i);
        }
    }
}
