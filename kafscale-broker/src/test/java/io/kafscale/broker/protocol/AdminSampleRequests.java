// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import io.kafscale.broker.protocol.ServedVersions.Served;
import java.util.List;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.CreateAclsRequestData;
import org.apache.kafka.common.message.CreateAclsRequestData.AclCreation;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.DeleteAclsRequestData;
import org.apache.kafka.common.message.DeleteAclsRequestData.DeleteAclsFilter;
import org.apache.kafka.common.message.DescribeAclsRequestData;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData.ComponentData;
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
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.protocol.ApiMessage;

/** The part of {@link SampleRequests} for what administrators ask. Stateless. */
final class AdminSampleRequests {

    private static final byte TOPIC = 2;

    private AdminSampleRequests() {}

    static ApiMessage of(Served served) {
        return switch (served.api()) {
            case ALTER_CONFIGS -> alterConfigs();
            case INCREMENTAL_ALTER_CONFIGS -> incrementalAlterConfigs();
            case CREATE_PARTITIONS -> createPartitions();
            case DESCRIBE_LOG_DIRS -> describeLogDirs();
            case DESCRIBE_TOPIC_PARTITIONS ->
                new DescribeTopicPartitionsRequestData()
                        .setTopics(List.of(new TopicRequest().setName("orders")))
                        .setCursor(new Cursor().setTopicName("orders").setPartitionIndex(3));
            case OFFSET_DELETE -> offsetDelete();
            case ELECT_LEADERS -> electLeaders();
            case ALTER_PARTITION_REASSIGNMENTS ->
                new AlterPartitionReassignmentsRequestData()
                        .setTopics(List.of(new ReassignableTopic()
                                .setName("orders")
                                .setPartitions(List.of(new ReassignablePartition()
                                        .setPartitionIndex(3)
                                        .setReplicas(List.of(0, 1))))));
            case LIST_PARTITION_REASSIGNMENTS -> new ListPartitionReassignmentsRequestData().setTopics(null);
            case DESCRIBE_CLIENT_QUOTAS ->
                new DescribeClientQuotasRequestData()
                        .setComponents(List.of(new ComponentData()
                                .setEntityType("user")
                                .setMatchType((byte) 0)
                                .setMatch("me")));
            case DESCRIBE_USER_SCRAM_CREDENTIALS ->
                new DescribeUserScramCredentialsRequestData().setUsers(List.of(new UserName().setName("me")));
            case DESCRIBE_ACLS ->
                new DescribeAclsRequestData()
                        .setResourceTypeFilter(TOPIC)
                        .setResourceNameFilter("orders")
                        .setPatternTypeFilter((byte) 3)
                        .setOperation((byte) 3)
                        .setPermissionType((byte) 3);
            case CREATE_ACLS ->
                new CreateAclsRequestData()
                        .setCreations(List.of(new AclCreation()
                                .setResourceType(TOPIC)
                                .setResourceName("orders")
                                .setResourcePatternType((byte) 3)
                                .setPrincipal("User:me")
                                .setHost("*")
                                .setOperation((byte) 3)
                                .setPermissionType((byte) 3)));
            case DELETE_ACLS ->
                new DeleteAclsRequestData()
                        .setFilters(List.of(new DeleteAclsFilter()
                                .setResourceTypeFilter(TOPIC)
                                .setResourceNameFilter("orders")
                                .setPatternTypeFilter((byte) 3)
                                .setOperation((byte) 3)
                                .setPermissionType((byte) 3)));
            case LIST_TRANSACTIONS -> new ListTransactionsRequestData().setStateFilters(List.of("Ongoing"));
            default -> throw new IllegalArgumentException("no sample for " + served);
        };
    }

    private static ApiMessage alterConfigs() {
        AlterConfigsRequestData.AlterConfigsResource resource = new AlterConfigsRequestData.AlterConfigsResource()
                .setResourceType(TOPIC)
                .setResourceName("orders");
        resource.configs()
                .add(new AlterConfigsRequestData.AlterableConfig()
                        .setName("retention.ms")
                        .setValue("60000"));
        AlterConfigsRequestData request = new AlterConfigsRequestData();
        request.resources().add(resource);
        return request;
    }

    private static ApiMessage incrementalAlterConfigs() {
        IncrementalAlterConfigsRequestData.AlterConfigsResource resource =
                new IncrementalAlterConfigsRequestData.AlterConfigsResource()
                        .setResourceType(TOPIC)
                        .setResourceName("orders");
        resource.configs()
                .add(new IncrementalAlterConfigsRequestData.AlterableConfig()
                        .setName("retention.ms")
                        .setConfigOperation((byte) 1)
                        .setValue(null));
        IncrementalAlterConfigsRequestData request = new IncrementalAlterConfigsRequestData();
        request.resources().add(resource);
        return request;
    }

    private static ApiMessage createPartitions() {
        CreatePartitionsRequestData request = new CreatePartitionsRequestData().setTimeoutMs(1_000);
        request.topics()
                .add(new CreatePartitionsTopic()
                        .setName("orders")
                        .setCount(3)
                        .setAssignments(List.of(new CreatePartitionsAssignment().setBrokerIds(List.of(0, 1)))));
        return request;
    }

    private static ApiMessage describeLogDirs() {
        DescribeLogDirsRequestData request = new DescribeLogDirsRequestData();
        request.topics().add(new DescribableLogDirTopic().setTopic("orders").setPartitions(List.of(0, 3)));
        return request;
    }

    private static ApiMessage offsetDelete() {
        OffsetDeleteRequestData request = new OffsetDeleteRequestData().setGroupId("a-group");
        request.topics()
                .add(new OffsetDeleteRequestTopic()
                        .setName("orders")
                        .setPartitions(List.of(new OffsetDeleteRequestPartition().setPartitionIndex(3))));
        return request;
    }

    private static ApiMessage electLeaders() {
        ElectLeadersRequestData request = new ElectLeadersRequestData().setTimeoutMs(1_000);
        request.topicPartitions().add(new TopicPartitions().setTopic("orders").setPartitions(List.of(0, 3)));
        return request;
    }
}
