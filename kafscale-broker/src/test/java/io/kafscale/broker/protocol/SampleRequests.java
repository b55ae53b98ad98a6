// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import io.kafscale.broker.protocol.ServedVersions.Served;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
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
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.RequestHeader;

/** One plain request of each API and version, as a client could send it. Stateless. */
final class SampleRequests {

    private static final Uuid TOPIC_ID = Uuid.fromString("AAECAwQFBgcICQoLDA0ODw");
    private static final byte[] PAYLOAD = "payload".getBytes(StandardCharsets.UTF_8);

    private SampleRequests() {}

    /** Prints the lines of {@code golden-requests.txt}, to be recorded anew when the message classes have changed. */
    public static void main(String[] arguments) {
        ServedVersions.all().forEach(served -> System.out.println(line(served)));
    }

    /** API, version and frame without its length, as kafka-clients' request class writes it. */
    static String line(Served served) {
        ByteBuffer body = Frames.bytes(of(served), served.version());
        AbstractRequest request =
                AbstractRequest.parseRequest(served.api(), served.version(), new ByteBufferAccessor(body)).request;
        ByteBuffer frame = request.serializeWithHeader(
                new RequestHeader(served.api(), served.version(), Frames.CLIENT_ID, 0x01020304));
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);
        return served.api().name + " " + served.version() + " " + HexFormat.of().formatHex(bytes);
    }

    static ApiMessage of(Served served) {
        short version = served.version();
        return switch (served.api()) {
            case PRODUCE -> produce(version);
            case FETCH -> fetch(version);
            case LIST_OFFSETS -> listOffsets();
            case METADATA ->
                new MetadataRequestData()
                        .setTopics(List.of(new MetadataRequestTopic().setName("orders")))
                        .setAllowAutoTopicCreation(version < 4 || version % 2 == 0);
            case OFFSET_COMMIT -> offsetCommit(version);
            case OFFSET_FETCH -> offsetFetch(version);
            case FIND_COORDINATOR ->
                version < 4
                        ? new FindCoordinatorRequestData().setKey("a-group")
                        : new FindCoordinatorRequestData().setCoordinatorKeys(List.of("a-group", "b-group"));
            case JOIN_GROUP -> joinGroup();
            case HEARTBEAT ->
                new HeartbeatRequestData()
                        .setGroupId("a-group")
                        .setMemberId("m-1")
                        .setGenerationId(7);
            case LEAVE_GROUP ->
                version < 3
                        ? new LeaveGroupRequestData().setGroupId("a-group").setMemberId("m-1")
                        : new LeaveGroupRequestData()
                                .setGroupId("a-group")
                                .setMembers(List.of(new MemberIdentity().setMemberId("m-1")));
            case SYNC_GROUP -> syncGroup();
            case DESCRIBE_GROUPS -> new DescribeGroupsRequestData().setGroups(List.of("a-group"));
            case LIST_GROUPS ->
                version < 4
                        ? new ListGroupsRequestData()
                        : new ListGroupsRequestData().setStatesFilter(List.of("Stable"));
            case API_VERSIONS ->
                new ApiVersionsRequestData().setClientSoftwareName("sample").setClientSoftwareVersion("1.0");
            case CREATE_TOPICS -> createTopics();
            case DELETE_TOPICS -> deleteTopics(version);
            case DELETE_RECORDS ->
                new DeleteRecordsRequestData()
                        .setTimeoutMs(1_000)
                        .setTopics(List.of(new DeleteRecordsTopic()
                                .setName("orders")
                                .setPartitions(List.of(new DeleteRecordsPartition()
                                        .setPartitionIndex(3)
                                        .setOffset(42)))));
            case INIT_PRODUCER_ID ->
                new InitProducerIdRequestData().setTransactionalId(null).setTransactionTimeoutMs(60_000);
            case OFFSET_FOR_LEADER_EPOCH -> offsetForLeaderEpoch();
            case DESCRIBE_CONFIGS ->
                new DescribeConfigsRequestData()
                        .setResources(List.of(new DescribeConfigsResource()
                                .setResourceType((byte) 2)
                                .setResourceName("orders")
                                .setConfigurationKeys(List.of("retention.ms"))));
            case DELETE_GROUPS -> new DeleteGroupsRequestData().setGroupsNames(List.of("a-group"));
            case DESCRIBE_CLUSTER -> new DescribeClusterRequestData().setIncludeClusterAuthorizedOperations(true);
            default -> AdminSampleRequests.of(served);
        };
    }

    private static ApiMessage syncGroup() {
        return new SyncGroupRequestData()
                .setGroupId("a-group")
                .setGenerationId(7)
                .setMemberId("m-1")
                .setAssignments(List.of(
                        new SyncGroupRequestAssignment().setMemberId("m-1").setAssignment(PAYLOAD)));
    }

    private static ApiMessage deleteTopics(short version) {
        DeleteTopicsRequestData request = new DeleteTopicsRequestData().setTimeoutMs(1_000);
        return version < 6
                ? request.setTopicNames(List.of("orders"))
                : request.setTopics(List.of(new DeleteTopicState().setName(null).setTopicId(TOPIC_ID)));
    }

    private static ApiMessage produce(short version) {
        TopicProduceData topic =
                version < 13 ? new TopicProduceData().setName("orders") : new TopicProduceData().setTopicId(TOPIC_ID);
        topic.partitionData()
                .add(new PartitionProduceData()
                        .setIndex(3)
                        .setRecords(MemoryRecords.readableRecords(ByteBuffer.wrap(PAYLOAD))));
        ProduceRequestData request =
                new ProduceRequestData().setAcks((short) -1).setTimeoutMs(30_000);
        request.topicData().add(topic);
        return request;
    }

    private static ApiMessage fetch(short version) {
        FetchTopic topic = version < 13 ? new FetchTopic().setTopic("orders") : new FetchTopic().setTopicId(TOPIC_ID);
        topic.partitions()
                .add(new FetchPartition()
                        .setPartition(3)
                        .setFetchOffset(1L << 33)
                        .setCurrentLeaderEpoch(5)
                        .setPartitionMaxBytes(1 << 20));
        FetchRequestData request = new FetchRequestData()
                .setMaxWaitMs(500)
                .setMinBytes(1)
                .setMaxBytes(50 << 20)
                .setTopics(List.of(topic));
        return version < 7 ? request : request.setSessionEpoch(0);
    }

    private static ApiMessage listOffsets() {
        ListOffsetsTopic topic = new ListOffsetsTopic().setName("orders");
        topic.partitions().add(new ListOffsetsPartition().setPartitionIndex(3).setTimestamp(-1));
        return new ListOffsetsRequestData().setReplicaId(-1).setTopics(List.of(topic));
    }

    private static ApiMessage offsetCommit(short version) {
        OffsetCommitRequestTopic topic = version < 10
                ? new OffsetCommitRequestTopic().setName("orders")
                : new OffsetCommitRequestTopic().setTopicId(TOPIC_ID);
        topic.partitions()
                .add(new OffsetCommitRequestPartition()
                        .setPartitionIndex(3)
                        .setCommittedOffset(42)
                        .setCommittedMetadata("note"));
        return new OffsetCommitRequestData()
                .setGroupId("a-group")
                .setGenerationIdOrMemberEpoch(7)
                .setMemberId("m-1")
                .setTopics(List.of(topic));
    }

    private static ApiMessage offsetFetch(short version) {
        if (version < 8) {
            return new OffsetFetchRequestData()
                    .setGroupId("a-group")
                    .setTopics(List.of(
                            new OffsetFetchRequestTopic().setName("orders").setPartitionIndexes(List.of(0, 3))));
        }
        OffsetFetchRequestTopics topic = new OffsetFetchRequestTopics().setPartitionIndexes(List.of(0, 3));
        OffsetFetchRequestTopics named = version < 10 ? topic.setName("orders") : topic.setTopicId(TOPIC_ID);
        return new OffsetFetchRequestData()
                .setGroups(List.of(
                        new OffsetFetchRequestGroup().setGroupId("a-group").setTopics(List.of(named)),
                        new OffsetFetchRequestGroup().setGroupId("b-group").setTopics(null)));
    }

    private static ApiMessage joinGroup() {
        JoinGroupRequestData request = new JoinGroupRequestData()
                .setGroupId("a-group")
                .setSessionTimeoutMs(45_000)
                .setRebalanceTimeoutMs(300_000)
                .setProtocolType("consumer");
        request.protocols().add(new JoinGroupRequestProtocol().setName("range").setMetadata(PAYLOAD));
        return request;
    }

    private static ApiMessage createTopics() {
        CreatableTopic topic =
                new CreatableTopic().setName("orders").setNumPartitions(12).setReplicationFactor((short) 3);
        topic.configs().add(new CreatableTopicConfig().setName("retention.ms").setValue("60000"));
        CreateTopicsRequestData request = new CreateTopicsRequestData().setTimeoutMs(1_000);
        request.topics().add(topic);
        return request;
    }

    private static ApiMessage offsetForLeaderEpoch() {
        OffsetForLeaderTopic topic = new OffsetForLeaderTopic().setTopic("orders");
        topic.partitions().add(new OffsetForLeaderPartition().setPartition(3).setLeaderEpoch(5));
        OffsetForLeaderEpochRequestData request = new OffsetForLeaderEpochRequestData();
        request.topics().add(topic);
        return request;
    }
}
