// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static io.kafscale.broker.handler.Requests.fetchPartition;
import static io.kafscale.broker.handler.Requests.fetchTopic;
import static io.kafscale.broker.handler.Requests.offsetAt;
import static io.kafscale.broker.handler.Requests.partition;

import io.kafscale.broker.cluster.Cluster;
import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.group.GroupCoordinator;
import io.kafscale.broker.handler.GroupRequests.Membership;
import io.kafscale.broker.record.TestBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * For every API and version, requests whose answers use all fields that the broker ever sets: what succeeds, what is
 * refused, and what belongs to another broker. Confined to its test's thread.
 */
final class VersionSamples {

    private static final String UNKNOWN = "unknown";

    private final Topic topic;
    private final GroupCoordinator groups;

    VersionSamples(Topic topic, GroupCoordinator groups) {
        this.topic = topic;
        this.groups = groups;
    }

    static List<ApiHandler<?>> handlers(BrokerFixture broker, GroupCoordinator groups) {
        Cluster cluster = broker.cluster;
        RequestPolicy policy = RequestPolicy.DEFAULTS;
        List<ApiHandler<?>> handlers = new ArrayList<>(AdminSamples.handlers(cluster));
        handlers.addAll(List.of(
                broker.produce(),
                broker.fetch(),
                new ListOffsetsHandler(broker.partitions, broker.leaders),
                new OffsetForLeaderEpochHandler(broker.partitions),
                new DeleteRecordsHandler(broker.partitions, broker.leaders, policy, broker.clock),
                new InitProducerIdHandler(cluster.producerIds()),
                new MetadataHandler(
                        cluster.catalog(),
                        cluster.membership(),
                        cluster.ownership(),
                        new TopicAutoCreation(cluster.catalog(), cluster.ownership(), policy, broker.clock)),
                new DescribeClusterHandler(cluster.membership()),
                new DescribeTopicPartitionsHandler(cluster.catalog(), cluster.membership(), cluster.ownership()),
                new DescribeLogDirsHandler(cluster.catalog(), broker.logs, "default/test", broker.clock),
                new FindCoordinatorHandler(cluster.membership()),
                new CreateTopicsHandler(
                        cluster.catalog(), cluster.membership(), cluster.ownership(), policy, broker.clock),
                new CreatePartitionsHandler(
                        cluster.catalog(), cluster.membership(), cluster.ownership(), policy, broker.clock),
                new DeleteTopicsHandler(cluster.catalog(), policy),
                new DescribeConfigsHandler(cluster.catalog(), cluster.membership(), policy),
                new AlterConfigsHandler(cluster.catalog(), cluster.membership(), policy),
                new IncrementalAlterConfigsHandler(cluster.catalog(), cluster.membership(), policy),
                new JoinGroupHandler(groups),
                new SyncGroupHandler(groups),
                new HeartbeatHandler(groups),
                new LeaveGroupHandler(groups),
                new OffsetCommitHandler(groups),
                new OffsetFetchHandler(groups),
                new ListGroupsHandler(groups),
                new DescribeGroupsHandler(groups),
                new OffsetDeleteHandler(groups),
                new DeleteGroupsHandler(groups)));
        return handlers;
    }

    List<ApiMessage> of(ApiKeys api, int version) throws InterruptedException {
        return switch (api) {
            case PRODUCE -> produce();
            case FETCH -> fetch(version);
            case LIST_OFFSETS -> listOffsets();
            case OFFSET_FOR_LEADER_EPOCH -> offsetForLeaderEpoch();
            case INIT_PRODUCER_ID -> initProducerId();
            case METADATA -> metadata(version);
            case DESCRIBE_CLUSTER -> describeCluster(version);
            case FIND_COORDINATOR -> findCoordinator(version);
            case CREATE_TOPICS -> createTopics(version);
            case DELETE_TOPICS -> deleteTopics(version);
            case DELETE_RECORDS -> deleteRecords();
            case DESCRIBE_CONFIGS -> describeConfigs(version);
            default -> {
                List<ApiMessage> ofAdmins = AdminSamples.of(api, version, topic);
                yield ofAdmins.isEmpty() ? ofGroups(api, version) : ofAdmins;
            }
        };
    }

    private List<ApiMessage> ofGroups(ApiKeys api, int version) throws InterruptedException {
        String group = api + "-" + version;
        Membership stranger = new Membership(group, "nobody", 1);
        if (api == ApiKeys.JOIN_GROUP) {
            return List.of(GroupRequests.join(group, ""), GroupRequests.join("", "nobody"));
        }
        Membership member = GroupHandlersTest.join(groups, group);
        if (api == ApiKeys.SYNC_GROUP) {
            return List.of(GroupRequests.sync(member, version), GroupRequests.sync(stranger, version));
        }
        GroupHandlersTest.sync(groups, member);
        return switch (api) {
            case HEARTBEAT -> List.of(GroupRequests.heartbeat(member), GroupRequests.heartbeat(stranger));
            case LEAVE_GROUP -> List.of(GroupRequests.leave(stranger, version), GroupRequests.leave(member, version));
            case OFFSET_COMMIT ->
                List.of(
                        GroupRequests.commit(member, topic, 0, 1),
                        GroupRequests.commit(member, topic, 99, 1),
                        GroupRequests.commit(stranger, topic, 0, 1));
            case OFFSET_FETCH -> offsetFetch(group, version);
            case LIST_GROUPS -> List.of(new ListGroupsRequestData());
            case DESCRIBE_GROUPS -> describeGroups(group, version);
            case DELETE_GROUPS -> List.of(new DeleteGroupsRequestData().setGroupsNames(List.of(group, UNKNOWN)));
            default -> throw new AssertionError("no samples for " + api);
        };
    }

    private List<ApiMessage> produce() {
        return List.of(
                Requests.produce(
                        Requests.ALL,
                        Requests.topic(
                                topic,
                                partition(0, TestBatch.of("c").bytes()),
                                partition(2, TestBatch.of("c").bytes()),
                                partition(9, TestBatch.of("c").bytes()))),
                Requests.produce(
                        (short) 5,
                        Requests.topic(topic, partition(0, TestBatch.of("c").bytes()))));
    }

    private List<ApiMessage> fetch(int version) {
        FetchPartition diverged = fetchPartition(0, 1_000);
        if (version >= 12) {
            diverged.setLastFetchedEpoch(0);
        }
        FetchRequestData all = Requests.fetch(
                0,
                fetchTopic(
                        topic,
                        fetchPartition(0, 0),
                        fetchPartition(1, 7),
                        fetchPartition(2, 0),
                        fetchPartition(9, 0),
                        diverged));
        List<ApiMessage> requests = new ArrayList<>(List.of(all.duplicate(), all.setIsolationLevel((byte) 1)));
        if (version >= 7) {
            requests.add(Requests.fetch(0).setSessionId(5).setSessionEpoch(3));
        }
        return requests;
    }

    private List<ApiMessage> listOffsets() {
        return List.of(
                Requests.listOffsets(
                        topic.name(),
                        offsetAt(0, OffsetQuery.LATEST),
                        offsetAt(1, OffsetQuery.EARLIEST),
                        offsetAt(2, 0),
                        offsetAt(9, 0)),
                Requests.listOffsets(topic.name(), offsetAt(0, 1_000)),
                Requests.listOffsets(topic.name(), offsetAt(0, OffsetQuery.MAX_TIMESTAMP)),
                Requests.listOffsets(topic.name(), offsetAt(0, OffsetQuery.EARLIEST_PENDING_UPLOAD)));
    }

    private List<ApiMessage> offsetForLeaderEpoch() {
        OffsetForLeaderEpochRequestData request = new OffsetForLeaderEpochRequestData();
        request.topics()
                .add(new OffsetForLeaderTopic()
                        .setTopic(topic.name())
                        .setPartitions(List.of(
                                new OffsetForLeaderPartition().setPartition(0).setLeaderEpoch(0),
                                new OffsetForLeaderPartition().setPartition(2).setLeaderEpoch(0),
                                new OffsetForLeaderPartition().setPartition(9).setLeaderEpoch(0))));
        return List.of(request);
    }

    private static List<ApiMessage> initProducerId() {
        return List.of(
                new InitProducerIdRequestData().setTransactionalId(null),
                new InitProducerIdRequestData().setTransactionalId("tx"));
    }

    private List<ApiMessage> metadata(int version) {
        MetadataRequestData named = new MetadataRequestData()
                .setTopics(List.of(
                        new MetadataRequestTopic().setName(topic.name()),
                        new MetadataRequestTopic().setName("made-" + version),
                        new MetadataRequestTopic().setName("a/b")))
                .setIncludeTopicAuthorizedOperations(version >= 8)
                .setIncludeClusterAuthorizedOperations(version >= 8 && version <= 10);
        List<ApiMessage> requests = new ArrayList<>(List.of(named));
        requests.add(new MetadataRequestData().setTopics(version == 0 ? List.of() : null));
        if (version >= 4) {
            MetadataRequestData unwanted = new MetadataRequestData().setAllowAutoTopicCreation(false);
            requests.add(unwanted.setTopics(List.of(new MetadataRequestTopic().setName(UNKNOWN))));
        }
        if (version >= 10) {
            requests.add(new MetadataRequestData()
                    .setTopics(List.of(
                            new MetadataRequestTopic().setName(null).setTopicId(TopicKey.toKafka(topic.id())),
                            new MetadataRequestTopic().setName(null).setTopicId(Uuid.randomUuid()))));
        }
        return requests;
    }

    private static List<ApiMessage> describeCluster(int version) {
        DescribeClusterRequestData operations =
                new DescribeClusterRequestData().setIncludeClusterAuthorizedOperations(true);
        return version == 0
                ? List.of(operations)
                : List.of(operations, new DescribeClusterRequestData().setEndpointType((byte) 2));
    }

    private static List<ApiMessage> findCoordinator(int version) {
        Function<Byte, ApiMessage> asked = type -> version >= 4
                ? new FindCoordinatorRequestData().setKeyType(type).setCoordinatorKeys(List.of("key"))
                : new FindCoordinatorRequestData().setKeyType(type).setKey("key");
        return version == 0 ? List.of(asked.apply((byte) 0)) : List.of(asked.apply((byte) 0), asked.apply((byte) 1));
    }

    private static List<ApiMessage> createTopics(int version) {
        CreateTopicsRequestData request = new CreateTopicsRequestData();
        request.topics()
                .add(new CreatableTopic()
                        .setName("new-" + version)
                        .setNumPartitions(1)
                        .setReplicationFactor((short) 1));
        request.topics()
                .add(new CreatableTopic().setName("a/b").setNumPartitions(1).setReplicationFactor((short) 1));
        return List.of(request.duplicate().setValidateOnly(true), request);
    }

    private List<ApiMessage> deleteRecords() {
        List<DeleteRecordsPartition> partitions = List.of(
                new DeleteRecordsPartition().setPartitionIndex(0).setOffset(0),
                new DeleteRecordsPartition().setPartitionIndex(99).setOffset(0));
        return List.of(new DeleteRecordsRequestData()
                .setTimeoutMs(1_000)
                .setTopics(List.of(
                        new DeleteRecordsTopic().setName(topic.name()).setPartitions(partitions),
                        new DeleteRecordsTopic().setName(UNKNOWN).setPartitions(partitions))));
    }

    private static List<ApiMessage> deleteTopics(int version) {
        return version >= 6
                ? List.of(new DeleteTopicsRequestData()
                        .setTopics(List.of(
                                new DeleteTopicState().setName(UNKNOWN),
                                new DeleteTopicState().setName(null).setTopicId(Uuid.randomUuid()))))
                : List.of(new DeleteTopicsRequestData().setTopicNames(List.of("made-" + version, UNKNOWN)));
    }

    private List<ApiMessage> describeConfigs(int version) {
        return List.of(new DescribeConfigsRequestData()
                .setIncludeSynonyms(true)
                .setIncludeDocumentation(version >= 3)
                .setResources(List.of(
                        resource(2, topic.name()),
                        resource(2, UNKNOWN),
                        resource(4, Integer.toString(BrokerFixture.SELF.id())))));
    }

    private static DescribeConfigsResource resource(int type, String name) {
        return new DescribeConfigsResource()
                .setResourceType((byte) type)
                .setResourceName(name)
                .setConfigurationKeys(null);
    }

    private List<ApiMessage> offsetFetch(String group, int version) {
        ApiMessage some = GroupRequests.fetchOffsets(group, topic, version, 0, 99);
        return version >= 2 ? List.of(some, GroupRequests.fetchAllOffsets(group, version)) : List.of(some);
    }

    private static List<ApiMessage> describeGroups(String group, int version) {
        return List.of(new DescribeGroupsRequestData()
                .setGroups(List.of(group, UNKNOWN))
                .setIncludeAuthorizedOperations(version >= 3));
    }
}
