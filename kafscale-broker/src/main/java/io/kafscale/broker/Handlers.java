// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.cluster.Cluster;
import io.kafscale.broker.group.GroupCoordinator;
import io.kafscale.broker.handler.AlterConfigsHandler;
import io.kafscale.broker.handler.AlterPartitionReassignmentsHandler;
import io.kafscale.broker.handler.ApiHandler;
import io.kafscale.broker.handler.ApiRouter;
import io.kafscale.broker.handler.ApiVersionsHandler;
import io.kafscale.broker.handler.CreateAclsHandler;
import io.kafscale.broker.handler.CreatePartitionsHandler;
import io.kafscale.broker.handler.CreateTopicsHandler;
import io.kafscale.broker.handler.DeleteAclsHandler;
import io.kafscale.broker.handler.DeleteGroupsHandler;
import io.kafscale.broker.handler.DeleteRecordsHandler;
import io.kafscale.broker.handler.DeleteTopicsHandler;
import io.kafscale.broker.handler.DescribeAclsHandler;
import io.kafscale.broker.handler.DescribeClientQuotasHandler;
import io.kafscale.broker.handler.DescribeClusterHandler;
import io.kafscale.broker.handler.DescribeConfigsHandler;
import io.kafscale.broker.handler.DescribeGroupsHandler;
import io.kafscale.broker.handler.DescribeLogDirsHandler;
import io.kafscale.broker.handler.DescribeTopicPartitionsHandler;
import io.kafscale.broker.handler.DescribeUserScramCredentialsHandler;
import io.kafscale.broker.handler.ElectLeadersHandler;
import io.kafscale.broker.handler.FetchHandler;
import io.kafscale.broker.handler.FetchMemory;
import io.kafscale.broker.handler.FetchSessions;
import io.kafscale.broker.handler.FindCoordinatorHandler;
import io.kafscale.broker.handler.HeartbeatHandler;
import io.kafscale.broker.handler.IncrementalAlterConfigsHandler;
import io.kafscale.broker.handler.InitProducerIdHandler;
import io.kafscale.broker.handler.JoinGroupHandler;
import io.kafscale.broker.handler.LeaderDirectory;
import io.kafscale.broker.handler.LeaveGroupHandler;
import io.kafscale.broker.handler.ListGroupsHandler;
import io.kafscale.broker.handler.ListOffsetsHandler;
import io.kafscale.broker.handler.ListPartitionReassignmentsHandler;
import io.kafscale.broker.handler.ListTransactionsHandler;
import io.kafscale.broker.handler.MetadataHandler;
import io.kafscale.broker.handler.OffsetCommitHandler;
import io.kafscale.broker.handler.OffsetDeleteHandler;
import io.kafscale.broker.handler.OffsetFetchHandler;
import io.kafscale.broker.handler.OffsetForLeaderEpochHandler;
import io.kafscale.broker.handler.PartitionResolver;
import io.kafscale.broker.handler.ProduceHandler;
import io.kafscale.broker.handler.RequestPolicy;
import io.kafscale.broker.handler.SyncGroupHandler;
import io.kafscale.broker.handler.TopicAutoCreation;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.protocol.VersionTable;
import io.kafscale.broker.time.Clock;
import java.util.List;
import java.util.stream.Stream;

/**
 * Makes the handlers of all APIs for a cluster that has started. Immutable.
 *
 * @param place where all objects are, as a path
 */
record Handlers(
        RequestPolicy policy,
        Clock clock,
        PartitionLogs logs,
        Cluster cluster,
        GroupCoordinator groups,
        Fetching fetching,
        String place) {

    /** What fetches keep in memory. Immutable. */
    record Fetching(FetchSessions sessions, FetchMemory memory) {}

    /** What the configuration lets clients do. */
    static RequestPolicy policy(BrokerConfig.Policies policies, BrokerConfig.Writing writing) {
        return new RequestPolicy(
                policies.autoCreateTopics(),
                policies.autoCreatePartitions(),
                policies.allowAdminApis(),
                policies.syncFlush(),
                writing.topicDefaults());
    }

    ApiRouter router() {
        return new ApiRouter(Stream.of(data(), metadata(), groupApis(), formal())
                .<ApiHandler<?>>flatMap(List::stream)
                .toList());
    }

    private List<ApiHandler<?>> data() {
        PartitionResolver partitions = new PartitionResolver(cluster.catalog(), logs);
        LeaderDirectory leaders = new LeaderDirectory(cluster.ownership(), cluster.membership());
        return List.of(
                new ProduceHandler(partitions, leaders, policy, clock),
                new FetchHandler(partitions, leaders, fetching.sessions(), fetching.memory(), clock),
                new ListOffsetsHandler(partitions, leaders),
                new OffsetForLeaderEpochHandler(partitions),
                new DeleteRecordsHandler(partitions, leaders, policy, clock),
                new InitProducerIdHandler(cluster.producerIds()));
    }

    private List<ApiHandler<?>> metadata() {
        TopicAutoCreation autoCreation = new TopicAutoCreation(cluster.catalog(), cluster.ownership(), policy, clock);
        return List.of(
                new ApiVersionsHandler(
                        VersionTable.current(),
                        cluster.membership().clusterUuid(),
                        cluster.membership().self().id()),
                new MetadataHandler(cluster.catalog(), cluster.membership(), cluster.ownership(), autoCreation),
                new DescribeClusterHandler(cluster.membership()),
                new DescribeTopicPartitionsHandler(cluster.catalog(), cluster.membership(), cluster.ownership()),
                new DescribeLogDirsHandler(cluster.catalog(), logs, place, clock),
                new FindCoordinatorHandler(cluster.membership()),
                new CreateTopicsHandler(cluster.catalog(), cluster.membership(), cluster.ownership(), policy, clock),
                new CreatePartitionsHandler(
                        cluster.catalog(), cluster.membership(), cluster.ownership(), policy, clock),
                new DeleteTopicsHandler(cluster.catalog(), policy),
                new DescribeConfigsHandler(cluster.catalog(), cluster.membership(), policy),
                new AlterConfigsHandler(cluster.catalog(), cluster.membership(), policy),
                new IncrementalAlterConfigsHandler(cluster.catalog(), cluster.membership(), policy));
    }

    private List<ApiHandler<?>> groupApis() {
        return List.of(
                new JoinGroupHandler(groups),
                new SyncGroupHandler(groups),
                new HeartbeatHandler(groups),
                new LeaveGroupHandler(groups),
                new OffsetCommitHandler(groups),
                new OffsetFetchHandler(groups),
                new ListGroupsHandler(groups),
                new DescribeGroupsHandler(groups),
                new OffsetDeleteHandler(groups),
                new DeleteGroupsHandler(groups));
    }

    /** What has nothing to do here, and is answered so that tools go on. */
    private List<ApiHandler<?>> formal() {
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
}
