// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.kafscale.broker.cluster.Topic;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignablePartitionResponse;
import org.apache.kafka.common.message.CreateAclsRequestData;
import org.apache.kafka.common.message.CreateAclsRequestData.AclCreation;
import org.apache.kafka.common.message.CreateAclsResponseData;
import org.apache.kafka.common.message.DeleteAclsRequestData;
import org.apache.kafka.common.message.DeleteAclsRequestData.DeleteAclsFilter;
import org.apache.kafka.common.message.DeleteAclsResponseData;
import org.apache.kafka.common.message.DescribeAclsRequestData;
import org.apache.kafka.common.message.DescribeAclsResponseData;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData;
import org.apache.kafka.common.message.DescribeClientQuotasResponseData;
import org.apache.kafka.common.message.DescribeUserScramCredentialsRequestData;
import org.apache.kafka.common.message.DescribeUserScramCredentialsRequestData.UserName;
import org.apache.kafka.common.message.DescribeUserScramCredentialsResponseData;
import org.apache.kafka.common.message.DescribeUserScramCredentialsResponseData.DescribeUserScramCredentialsResult;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitions;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData.PartitionResult;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What has nothing to do here is answered so that tools go on. */
@Timeout(60)
class FormalAnswersTest {

    private static final int SELF = BrokerFixture.SELF.id();

    private BrokerFixture broker;
    private ApiRouter router;
    private Topic orders;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
        router = new ApiRouter(AdminSamples.handlers(broker.cluster));
        orders = broker.topic("orders", 2);
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private <R extends ApiMessage> R call(int version, ApiMessage request, Class<R> answer)
            throws InterruptedException {
        ApiKeys api = ApiKeys.forId(request.apiKey());
        Answer given = router.handle(BrokerFixture.context(api, version), Wire.request(api, (short) version, request));
        return answer.cast(Wire.response(api, (short) version, BrokerFixture.message(given)));
    }

    private static Errors error(short code) {
        return Errors.forCode(code);
    }

    @Test
    void noLeaderNeedsToBeElected() throws InterruptedException {
        ElectLeadersRequestData request = new ElectLeadersRequestData();
        request.topicPartitions().add(new TopicPartitions().setTopic("orders").setPartitions(List.of(0, 7)));
        request.topicPartitions().add(new TopicPartitions().setTopic("missing").setPartitions(List.of(0)));

        ElectLeadersResponseData answer = call(2, request, ElectLeadersResponseData.class);

        assertThat(error(answer.errorCode())).isEqualTo(Errors.NONE);
        assertThat(answer.replicaElectionResults().stream()
                        .flatMap(result -> result.partitionResult().stream())
                        .map(PartitionResult::errorCode)
                        .map(Errors::forCode))
                .containsExactly(
                        Errors.ELECTION_NOT_NEEDED,
                        Errors.UNKNOWN_TOPIC_OR_PARTITION,
                        Errors.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(call(2, new ElectLeadersRequestData().setTopicPartitions(null), ElectLeadersResponseData.class)
                        .replicaElectionResults())
                .isEmpty();
    }

    private List<ReassignablePartitionResponse> reassign(ReassignablePartition... partitions)
            throws InterruptedException {
        AlterPartitionReassignmentsResponseData answer = call(
                1,
                new AlterPartitionReassignmentsRequestData()
                        .setTopics(List.of(
                                new ReassignableTopic().setName(orders.name()).setPartitions(List.of(partitions)))),
                AlterPartitionReassignmentsResponseData.class);
        assertThat(error(answer.errorCode())).isEqualTo(Errors.NONE);
        return answer.responses().get(0).partitions();
    }

    @Test
    void partitionsAreWhereTheyAre() throws InterruptedException {
        assertThat(reassign(
                        new ReassignablePartition().setPartitionIndex(0).setReplicas(List.of(SELF)),
                        new ReassignablePartition().setPartitionIndex(0).setReplicas(List.of(99)),
                        new ReassignablePartition().setPartitionIndex(0).setReplicas(null),
                        new ReassignablePartition().setPartitionIndex(9).setReplicas(List.of(SELF))))
                .extracting(answer -> error(answer.errorCode()))
                .containsExactly(
                        Errors.NONE,
                        Errors.INVALID_REPLICA_ASSIGNMENT,
                        Errors.NO_REASSIGNMENT_IN_PROGRESS,
                        Errors.UNKNOWN_TOPIC_OR_PARTITION);
        assertThat(reassign(new ReassignablePartition().setPartitionIndex(0).setReplicas(List.of(99)))
                        .get(0)
                        .errorMessage())
                .contains("places partitions by itself");
    }

    @Test
    void nothingIsBeingReassigned() throws InterruptedException {
        ListPartitionReassignmentsResponseData answer = call(
                0,
                new ListPartitionReassignmentsRequestData().setTopics(null),
                ListPartitionReassignmentsResponseData.class);

        assertThat(error(answer.errorCode())).isEqualTo(Errors.NONE);
        assertThat(answer.topics()).isEmpty();
    }

    @Test
    void nobodyHasQuotasOrTransactions() throws InterruptedException {
        DescribeClientQuotasResponseData quotas =
                call(1, new DescribeClientQuotasRequestData(), DescribeClientQuotasResponseData.class);
        ListTransactionsResponseData transactions = call(
                1,
                new ListTransactionsRequestData().setStateFilters(List.of("Ongoing", "Odd")),
                ListTransactionsResponseData.class);

        assertThat(error(quotas.errorCode())).isEqualTo(Errors.NONE);
        assertThat(quotas.entries()).isEmpty();
        assertThat(error(transactions.errorCode())).isEqualTo(Errors.NONE);
        assertThat(transactions.transactionStates()).isEmpty();
        assertThat(transactions.unknownStateFilters()).containsExactly("Odd");
    }

    @Test
    void nobodyHasCredentials() throws InterruptedException {
        List<UserName> users = Stream.of("me", "you", "you")
                .map(name -> new UserName().setName(name))
                .toList();

        DescribeUserScramCredentialsResponseData named = call(
                0,
                new DescribeUserScramCredentialsRequestData().setUsers(users),
                DescribeUserScramCredentialsResponseData.class);
        DescribeUserScramCredentialsResponseData all = call(
                0,
                new DescribeUserScramCredentialsRequestData().setUsers(null),
                DescribeUserScramCredentialsResponseData.class);

        assertThat(error(named.errorCode())).isEqualTo(Errors.NONE);
        assertThat(named.results())
                .extracting(DescribeUserScramCredentialsResult::user, result -> error(result.errorCode()))
                .containsExactly(tuple("me", Errors.RESOURCE_NOT_FOUND), tuple("you", Errors.DUPLICATE_RESOURCE));
        assertThat(all.results()).isEmpty();
    }

    @Test
    void accessIsNotControlled() throws InterruptedException {
        DescribeAclsResponseData described = call(3, new DescribeAclsRequestData(), DescribeAclsResponseData.class);
        CreateAclsResponseData created = call(
                3,
                new CreateAclsRequestData().setCreations(List.of(new AclCreation(), new AclCreation())),
                CreateAclsResponseData.class);
        DeleteAclsResponseData deleted = call(
                3,
                new DeleteAclsRequestData().setFilters(List.of(new DeleteAclsFilter())),
                DeleteAclsResponseData.class);

        assertThat(error(described.errorCode())).isEqualTo(Errors.SECURITY_DISABLED);
        assertThat(described.errorMessage()).isEqualTo("No Authorizer is configured on the broker");
        assertThat(created.results())
                .hasSize(2)
                .allSatisfy(result -> assertThat(error(result.errorCode())).isEqualTo(Errors.SECURITY_DISABLED));
        assertThat(deleted.filterResults())
                .singleElement()
                .satisfies(result -> assertThat(error(result.errorCode())).isEqualTo(Errors.SECURITY_DISABLED));
    }
}
