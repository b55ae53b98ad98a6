// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.BrokerNode;
import io.kafscale.broker.cluster.Leadership;
import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.ProduceResponseData.NodeEndpoint;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponseCollection;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/** The answer to one produce request, while its batches are under way. Confined to one thread at a time. */
final class ProduceAnswer {

    private static final short FIRST_VERSION_WITH_LEADERS = 10;
    private static final long NO_OFFSET = -1;

    /** One topic of the request, in the request's order. Immutable. */
    record Topic(String name, Uuid id, List<Partition> partitions) {
        Topic {
            partitions = List.copyOf(partitions);
        }
    }

    /** One partition of the request. Immutable. */
    record Partition(int index, Admission admission) {}

    private final short version;
    private final List<Topic> topics;
    private final LeaderDirectory leaders;

    ProduceAnswer(short version, List<Topic> topics, LeaderDirectory leaders) {
        this.version = version;
        this.topics = List.copyOf(topics);
        this.leaders = leaders;
    }

    /** Whether any batch is still under way. */
    boolean isPending() {
        return topics.stream()
                .flatMap(topic -> topic.partitions().stream())
                .anyMatch(partition -> partition.admission() instanceof Admission.Accepted);
    }

    /** The first failure that is known by now, in words. */
    Optional<String> firstError() {
        for (TopicProduceResponse topic : withoutWaiting().responses()) {
            for (PartitionProduceResponse partition : topic.partitionResponses()) {
                if (partition.errorCode() != Errors.NONE.code()) {
                    String name = topic.name().isEmpty() ? topic.topicId().toString() : topic.name();
                    return Optional.of(name + "-" + partition.index() + " " + Errors.forCode(partition.errorCode()));
                }
            }
        }
        return Optional.empty();
    }

    /** Waits for every batch, at most until the deadline. */
    ProduceResponseData await(Clock clock, Deadline deadline) throws InterruptedException {
        for (Topic topic : topics) {
            for (Partition partition : topic.partitions()) {
                if (partition.admission() instanceof Admission.Accepted accepted) {
                    accepted.outcome().await(clock, deadline);
                }
            }
        }
        return build(() -> failed(Errors.REQUEST_TIMED_OUT, "not decided within the request's timeout"));
    }

    /** Answers at once; a batch that is still under way counts as written, at an offset that is not known. */
    ProduceResponseData withoutWaiting() {
        return build(() -> new PartitionProduceResponse().setBaseOffset(NO_OFFSET));
    }

    private ProduceResponseData build(Supplier<PartitionProduceResponse> undecided) {
        ProduceResponseData data = new ProduceResponseData();
        TopicProduceResponseCollection responses = new TopicProduceResponseCollection(topics.size());
        for (Topic topic : topics) {
            TopicProduceResponse response =
                    new TopicProduceResponse().setName(topic.name()).setTopicId(topic.id());
            for (Partition partition : topic.partitions()) {
                response.partitionResponses().add(respond(partition, undecided, data));
            }
            responses.add(response);
        }
        return data.setResponses(responses);
    }

    private PartitionProduceResponse respond(
            Partition partition, Supplier<PartitionProduceResponse> undecided, ProduceResponseData data) {
        PartitionProduceResponse response = switch (partition.admission()) {
            case Admission.Accepted accepted ->
                accepted.outcome().poll().map(ProduceAnswer::decided).orElseGet(undecided);
            case Admission.Refused refused -> failed(refused.error(), refused.message());
            case Admission.Misdirected misdirected -> redirect(misdirected.id(), data);
        };
        return response.setIndex(partition.index());
    }

    private static PartitionProduceResponse decided(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Committed committed ->
                new PartitionProduceResponse()
                        .setBaseOffset(committed.baseOffset())
                        .setLogAppendTimeMs(committed.logAppendMillis())
                        .setLogStartOffset(committed.logStartOffset());
            case Outcome failure -> {
                ApiError error = KnownErrors.of(failure);
                yield failed(error.error(), error.messageWithFallback());
            }
        };
    }

    private static PartitionProduceResponse failed(Errors error, String message) {
        return new PartitionProduceResponse()
                .setErrorCode(error.code())
                .setErrorMessage(message)
                .setBaseOffset(NO_OFFSET);
    }

    private PartitionProduceResponse redirect(PartitionId id, ProduceResponseData data) {
        PartitionProduceResponse response =
                failed(Errors.NOT_LEADER_OR_FOLLOWER, "this broker does not serve the partition");
        if (version >= FIRST_VERSION_WITH_LEADERS) {
            Leadership leader = leaders.leaderOf(id);
            response.setCurrentLeader(
                    new LeaderIdAndEpoch().setLeaderId(leader.brokerId()).setLeaderEpoch(leader.leaderEpoch()));
            if (data.nodeEndpoints().find(leader.brokerId()) == null) {
                leaders.node(leader.brokerId())
                        .ifPresent(node -> data.nodeEndpoints().add(endpoint(node)));
            }
        }
        return response;
    }

    private static NodeEndpoint endpoint(BrokerNode node) {
        return new NodeEndpoint()
                .setNodeId(node.id())
                .setHost(node.host())
                .setPort(node.port())
                .setRack(node.rack().orElse(null));
    }
}
