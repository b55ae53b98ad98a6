// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.CreateResult;
import io.kafscale.broker.cluster.Membership;
import io.kafscale.broker.cluster.Ownership;
import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.cluster.TopicCatalog;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/**
 * CreateTopics: makes topics, or says what would stand in the way. Any replication factor is accepted and shown as 1, since
 * storage is replicated below. Answers when the new partitions are served, so that a producer finds their leaders at once;
 * a little later it answers anyway. Thread-safe.
 */
public final class CreateTopicsHandler implements ApiHandler<CreateTopicsRequestData> {

    private static final long LONGEST_WAIT_MILLIS = 5_000;
    private static final short REPLICATION_FACTOR = 1;

    private final TopicCatalog catalog;
    private final Membership membership;
    private final Ownership ownership;
    private final RequestPolicy policy;
    private final Clock clock;

    public CreateTopicsHandler(
            TopicCatalog catalog, Membership membership, Ownership ownership, RequestPolicy policy, Clock clock) {
        this.catalog = catalog;
        this.membership = membership;
        this.ownership = ownership;
        this.policy = policy;
        this.clock = clock;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.CREATE_TOPICS;
    }

    @Override
    public Answer handle(RequestContext context, CreateTopicsRequestData request) throws InterruptedException {
        Optional<ApiError> excess = PartitionCount.problem(request, policy, catalog);
        if (excess.isPresent()) {
            CreateTopicsResponseData refused = new CreateTopicsResponseData();
            request.topics().forEach(topic -> refused.topics().add(failed(topic.name(), excess.get())));
            return new Answer.Ready(refused);
        }
        long waitMillis = Math.min(request.timeoutMs(), LONGEST_WAIT_MILLIS);
        Deadline deadline = Deadline.afterMillis(clock, waitMillis);
        ClusterView view = ClusterView.of(membership);
        Set<String> repeated = repeatedNames(request);
        CreateTopicsResponseData data = new CreateTopicsResponseData();
        repeated.forEach(name -> data.topics()
                .add(failed(name, new ApiError(Errors.INVALID_REQUEST, "the request names the topic twice"))));
        List<PartitionId> created = new ArrayList<>();
        for (CreatableTopic topic : request.topics()) {
            if (!repeated.contains(topic.name())) {
                data.topics().add(create(topic, view, request.validateOnly(), created));
            }
        }
        if (!created.isEmpty()) {
            ownership.awaitOwned(created, deadline);
        }
        return new Answer.Ready(data);
    }

    private static Set<String> repeatedNames(CreateTopicsRequestData request) {
        Set<String> seen = new HashSet<>();
        Set<String> repeated = new HashSet<>();
        for (CreatableTopic topic : request.topics()) {
            if (!seen.add(topic.name())) {
                repeated.add(topic.name());
            }
        }
        return repeated;
    }

    private CreatableTopicResult create(
            CreatableTopic topic, ClusterView view, boolean validateOnly, List<PartitionId> created) {
        if (!policy.adminAllowed()) {
            return failed(topic.name(), KnownErrors.adminRefused());
        }
        return switch (NewTopic.of(topic, view, policy)) {
            case NewTopic.Refused refused -> failed(topic.name(), refused.error());
            case NewTopic.Wanted wanted -> create(wanted, validateOnly, created);
        };
    }

    private CreatableTopicResult create(NewTopic.Wanted wanted, boolean validateOnly, List<PartitionId> created) {
        CreateResult result = catalog.create(wanted.name(), wanted.partitions(), wanted.configs(), validateOnly);
        if (!(result instanceof CreateResult.Created made)) {
            return failed(wanted.name(), KnownErrors.of(result));
        }
        if (!validateOnly) {
            made.topic().allPartitions().forEach(created::add);
        }
        return succeeded(made.topic(), validateOnly);
    }

    private CreatableTopicResult succeeded(Topic topic, boolean validateOnly) {
        return new CreatableTopicResult()
                .setName(topic.name())
                .setTopicId(validateOnly ? Uuid.ZERO_UUID : TopicKey.toKafka(topic.id()))
                .setErrorMessage(null)
                .setNumPartitions(topic.partitions())
                .setReplicationFactor(REPLICATION_FACTOR)
                .setConfigs(TopicConfigList.ofCreated(topic, policy.topicDefaults()));
    }

    private static CreatableTopicResult failed(String name, ApiError error) {
        return new CreatableTopicResult()
                .setName(name)
                .setErrorCode(error.error().code())
                .setErrorMessage(error.messageWithFallback());
    }
}
