// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.Cluster;
import io.kafscale.broker.cluster.Topic;
import java.util.List;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.CreateAclsRequestData;
import org.apache.kafka.common.message.CreateAclsRequestData.AclCreation;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.DeleteAclsRequestData;
import org.apache.kafka.common.message.DeleteAclsRequestData.DeleteAclsFilter;
import org.apache.kafka.common.message.DescribeAclsRequestData;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.Cursor;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData.TopicRequest;
import org.apache.kafka.common.message.DescribeUserScramCredentialsRequestData;
import org.apache.kafka.common.message.DescribeUserScramCredentialsRequestData.UserName;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitions;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/** The part of {@link VersionSamples} for what administrators ask. Stateless. */
final class AdminSamples {

    private static final String UNKNOWN = "unknown";
    private static final byte TOPIC = ConfigResource.Type.TOPIC.id();

    private AdminSamples() {}

    /** The handlers that have nothing to do. */
    static List<ApiHandler<?>> handlers(Cluster cluster) {
        return List.of(
                new ElectLeadersHandler(cluster.catalog(), cluster.ownership()),
                new AlterPartitionReassignmentsHandler(cluster.catalog(), cluster.membership(), cluster.ownership()),
                new ListPartitionReassignmentsHandler(),
                new DescribeClientQuotasHandler(),
                new DescribeUserScramCredentialsHandler(),
                new DescribeAclsHandler(),
                new CreateAclsHandler(),
                new DeleteAclsHandler(),
                new ListTransactionsHandler());
    }

    /** Nothing for an API of others. */
    static List<ApiMessage> of(ApiKeys api, int version, Topic topic) {
        return switch (api) {
            case ALTER_CONFIGS -> alterConfigs(topic);
            case INCREMENTAL_ALTER_CONFIGS -> incrementalAlterConfigs(topic);
            case CREATE_PARTITIONS -> createPartitions(topic);
            case DESCRIBE_LOG_DIRS -> describeLogDirs(topic);
            case DESCRIBE_TOPIC_PARTITIONS -> describeTopicPartitions(topic);
            case OFFSET_DELETE -> List.of(new OffsetDeleteRequestData().setGroupId(UNKNOWN));
            case ELECT_LEADERS -> electLeaders(topic);
            case ALTER_PARTITION_REASSIGNMENTS -> alterPartitionReassignments(topic);
            case LIST_PARTITION_REASSIGNMENTS -> List.of(new ListPartitionReassignmentsRequestData());
            case DESCRIBE_CLIENT_QUOTAS -> List.of(new DescribeClientQuotasRequestData());
            case DESCRIBE_USER_SCRAM_CREDENTIALS ->
                List.of(
                        new DescribeUserScramCredentialsRequestData().setUsers(List.of(new UserName().setName("me"))),
                        new DescribeUserScramCredentialsRequestData().setUsers(null));
            case DESCRIBE_ACLS -> List.of(new DescribeAclsRequestData());
            case CREATE_ACLS -> List.of(new CreateAclsRequestData().setCreations(List.of(new AclCreation())));
            case DELETE_ACLS -> List.of(new DeleteAclsRequestData().setFilters(List.of(new DeleteAclsFilter())));
            case LIST_TRANSACTIONS -> List.of(new ListTransactionsRequestData().setStateFilters(List.of("Odd")));
            default -> List.of();
        };
    }

    private static List<ApiMessage> alterConfigs(Topic topic) {
        AlterConfigsRequestData request = new AlterConfigsRequestData();
        for (String name : List.of(topic.name(), UNKNOWN)) {
            AlterConfigsRequestData.AlterConfigsResource resource = new AlterConfigsRequestData.AlterConfigsResource()
                    .setResourceType(TOPIC)
                    .setResourceName(name);
            resource.configs()
                    .add(new AlterConfigsRequestData.AlterableConfig()
                            .setName("retention.ms")
                            .setValue("1000"));
            request.resources().add(resource);
        }
        return List.of(request);
    }

    private static List<ApiMessage> incrementalAlterConfigs(Topic topic) {
        IncrementalAlterConfigsRequestData request = new IncrementalAlterConfigsRequestData();
        for (String name : List.of(topic.name(), UNKNOWN)) {
            IncrementalAlterConfigsRequestData.AlterConfigsResource resource =
                    new IncrementalAlterConfigsRequestData.AlterConfigsResource()
                            .setResourceType(TOPIC)
                            .setResourceName(name);
            resource.configs()
                    .add(new IncrementalAlterConfigsRequestData.AlterableConfig()
                            .setName("retention.ms")
                            .setConfigOperation((byte) 1)
                            .setValue(null));
            request.resources().add(resource);
        }
        return List.of(request);
    }

    private static List<ApiMessage> createPartitions(Topic topic) {
        CreatePartitionsRequestData request = new CreatePartitionsRequestData();
        request.topics()
                .add(new CreatePartitionsTopic()
                        .setName(topic.name())
                        .setCount(topic.partitions())
                        .setAssignments(null));
        request.topics()
                .add(new CreatePartitionsTopic().setName(UNKNOWN).setCount(3).setAssignments(null));
        return List.of(request);
    }

    private static List<ApiMessage> describeLogDirs(Topic topic) {
        DescribeLogDirsRequestData named = new DescribeLogDirsRequestData();
        named.topics().add(new DescribableLogDirTopic().setTopic(topic.name()).setPartitions(List.of(0, 99)));
        return List.of(named, new DescribeLogDirsRequestData().setTopics(null));
    }

    private static List<ApiMessage> describeTopicPartitions(Topic topic) {
        return List.of(
                new DescribeTopicPartitionsRequestData()
                        .setResponsePartitionLimit(1)
                        .setTopics(
                                List.of(new TopicRequest().setName(topic.name()), new TopicRequest().setName(UNKNOWN))),
                new DescribeTopicPartitionsRequestData()
                        .setCursor(new Cursor().setTopicName(topic.name()).setPartitionIndex(1)));
    }

    private static List<ApiMessage> electLeaders(Topic topic) {
        ElectLeadersRequestData request = new ElectLeadersRequestData();
        request.topicPartitions()
                .add(new TopicPartitions().setTopic(topic.name()).setPartitions(List.of(0, 2, 99)));
        return List.of(request, new ElectLeadersRequestData().setTopicPartitions(null));
    }

    private static List<ApiMessage> alterPartitionReassignments(Topic topic) {
        return List.of(new AlterPartitionReassignmentsRequestData()
                .setTopics(List.of(new ReassignableTopic()
                        .setName(topic.name())
                        .setPartitions(List.of(
                                new ReassignablePartition().setPartitionIndex(0).setReplicas(null),
                                new ReassignablePartition()
                                        .setPartitionIndex(1)
                                        .setReplicas(List.of(BrokerFixture.SELF.id())))))));
    }
}
