// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import com.google.protobuf.ByteString;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.proto.metadata.CommittedOffsets;
import io.kafscale.proto.metadata.ConsumerGroup;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Something in the store makes no sense, and only the group that it belongs to is the worse for it. */
@Timeout(60)
final class UnreadableValueTest {

    private static final ByteString GARBAGE = ByteString.copyFromUtf8("\u0007 no message");

    private final GroupWorld world = new GroupWorld();
    private final LoggedEvents logged = new LoggedEvents(ShardReader.class.getName());
    private final String damaged = "damaged";
    private final String healthy = inTheSameShard(damaged);
    private final TestMember ofDamaged = new TestMember(world, damaged);
    private final TestMember ofHealthy = new TestMember(world, healthy);

    /** A value that stands in the store, at a key that ends with {@code rest} behind the shard. Immutable. */
    record Damage(String kind, String rest, ByteString value) {
        String key(ClusterKeys keys, int shard) {
            return (kind.equals("group") ? keys.groups(shard) : keys.offsets(shard)) + rest;
        }
    }

    static Stream<Damage> ofOneGroup() {
        ByteString withoutItsLeader = ConsumerGroup.newBuilder()
                .setGroupId("damaged")
                .setLeader("who?")
                .build()
                .toByteString();
        ByteString ofNoTopic = CommittedOffsets.getDefaultInstance().toByteString();
        ByteString readable = CommittedOffsets.newBuilder()
                .setTopicId(ByteString.copyFrom(new byte[16]))
                .build()
                .toByteString();
        return Stream.of(
                new Damage("group", "damaged", GARBAGE),
                new Damage("group", "damaged", withoutItsLeader),
                new Damage("offsets", "damaged/t/0", GARBAGE),
                new Damage("offsets", "damaged/t/0", ofNoTopic),
                new Damage("offsets", "damaged/t/00", readable),
                new Damage("offsets", "damaged/t/x", readable),
                new Damage("offsets", "damaged", readable));
    }

    static Stream<Damage> ofNoGroup() {
        return Stream.of(
                new Damage("group", "100%", GARBAGE),
                new Damage("group", "a/b", GARBAGE),
                new Damage("offsets", "%zz/t/0", GARBAGE));
    }

    private String inTheSameShard(String group) {
        return Stream.iterate(0, i -> i + 1)
                .map(i -> "healthy" + i)
                .filter(other -> world.shards.shardOf(other) == world.shards.shardOf(group))
                .findFirst()
                .orElseThrow();
    }

    @BeforeEach
    void twoGroupsAtWork() throws InterruptedException {
        world.topics.create("t", 1);
        GroupActions.joinTogether(world, damaged, ofDamaged);
        GroupActions.joinTogether(world, healthy, ofHealthy);
        assertThat(ofDamaged.commit("t", 0, 7)).isEqualTo(Errors.NONE);
        assertThat(ofHealthy.commit("t", 0, 8)).isEqualTo(Errors.NONE);
    }

    @AfterEach
    void closeWorld() {
        logged.close();
        world.close();
    }

    private void restartWith(Damage damage) {
        String key = damage.key(world.keys, world.shards.shardOf(damaged));
        assertThat(world.memory.commit(
                        Transaction.when().put(key, damage.value()).build()))
                .isInstanceOf(TransactionResult.Applied.class);
        world.restart();
    }

    private List<String> listed() {
        return StreamSupport.stream(
                        world.coordinator()
                                .list(new ListGroupsRequestData())
                                .groups()
                                .spliterator(),
                        false)
                .map(ListedGroup::groupId)
                .sorted()
                .toList();
    }

    private void assertLogged(Damage damage) {
        String key = damage.key(world.keys, world.shards.shardOf(damaged));
        assertThat(logged.atLeast(Level.TRACE)).singleElement().satisfies(event -> {
            assertThat(event.getLevel()).isEqualTo(Level.ERROR);
            assertThat(event.getKeyValuePairs())
                    .anySatisfy(pair -> assertThat(pair.value).isEqualTo(key));
        });
    }

    private void assertServed(TestMember member, long committed) throws InterruptedException {
        assertThat(member.heartbeat()).isEqualTo(Errors.NONE);
        assertThat(member.committed("t", 0)).isEqualTo(committed);
        assertThat(member.commit("t", 0, committed + 10)).isEqualTo(Errors.NONE);
        assertThat(member.committed("t", 0)).isEqualTo(committed + 10);
    }

    @ParameterizedTest
    @MethodSource("ofOneGroup")
    void costsItsGroupAlone(Damage damage) throws InterruptedException {
        restartWith(damage);

        assertServed(ofHealthy, 8);
        assertThat(listed()).containsExactly(healthy);
        assertLogged(damage);
        assertThat(ofDamaged.heartbeat()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(ofDamaged.join()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(ofDamaged.sync()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(ofDamaged.commit("t", 0, 9)).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(ofDamaged.fetch("t", 0).errorCode()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE.code());
        assertThat(world.describe(damaged).errorCode()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE.code());
    }

    @ParameterizedTest
    @MethodSource("ofOneGroup")
    void canBeDeletedWithItsGroup(Damage damage) throws InterruptedException {
        restartWith(damage);

        assertThat(delete(damaged)).isEqualTo(Errors.NONE);

        assertThat(delete(damaged)).isEqualTo(Errors.GROUP_ID_NOT_FOUND);
        assertThat(world.memory
                        .range(world.keys.groups(world.shards.shardOf(damaged)))
                        .all())
                .singleElement()
                .satisfies(left -> assertThat(left.key()).endsWith(healthy));
        assertThat(world.memory
                        .range(world.keys.offsets(world.shards.shardOf(damaged)))
                        .all())
                .singleElement()
                .satisfies(left -> assertThat(left.key()).contains(healthy));
        TestMember again = new TestMember(world, damaged);
        GroupActions.joinTogether(world, damaged, again);
        assertServed(ofHealthy, 8);
    }

    private Errors delete(String group) throws InterruptedException {
        return Errors.forCode(world.coordinator()
                .delete(new DeleteGroupsRequestData().setGroupsNames(List.of(group)))
                .results()
                .find(group)
                .errorCode());
    }

    @ParameterizedTest
    @MethodSource("ofNoGroup")
    void costsNothingWhereItIsNoGroups(Damage damage) throws InterruptedException {
        restartWith(damage);

        assertServed(ofHealthy, 8);
        assertServed(ofDamaged, 7);
        assertThat(listed()).containsExactly(damaged, healthy);
        assertLogged(damage);
    }

    @ParameterizedTest
    @MethodSource("ofOneGroup")
    void isServedAgainWhenWhatWasThereIsPutRight(Damage damage) throws InterruptedException {
        String key = damage.key(world.keys, world.shards.shardOf(damaged));
        Transaction.Builder right = Transaction.when();
        world.memory
                .get(List.of(key))
                .find(key)
                .ifPresentOrElse(found -> right.put(key, found.value()), () -> right.delete(key));
        restartWith(damage);

        world.memory.commit(right.build());
        world.restart();

        assertServed(ofDamaged, 7);
    }
}
