// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.AlterResult;
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
import java.util.stream.IntStream;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/**
 * CreatePartitions: gives topics more partitions. Answers when these are served, so that a producer finds their leaders at
 * once; a little later it answers anyway. Thread-safe.
 */
public final class CreatePartitionsHandler implements ApiHandler<CreatePartitionsRequestData> {

    private static final long LONGEST_WAIT_MILLIS = 5_000;

    private final TopicCatalog catalog;
    private final Membership membership;
    private final Ownership ownership;
    private final RequestPolicy policy;
    private final Clock clock;

    public CreatePartitionsHandler(
            TopicCatalog catalog, Membership membership, Ownership ownership, RequestPolicy policy, Clock clock) {
        this.catalog = catalog;
        this.membership = membership;
        this.ownership = ownership;
        this.policy = policy;
        this.clock = clock;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.CREATE_PARTITIONS;
    }

    @Override
    public Answer handle(RequestContext context, CreatePartitionsRequestData request) throws InterruptedException {
        Deadline deadline = Deadline.afterMillis(clock, Math.min(request.timeoutMs(), LONGEST_WAIT_MILLIS));
        Growth growth = new Growth(ClusterView.of(membership), request.validateOnly());
        CreatePartitionsResponseData data = new CreatePartitionsResponseData();
        Set<String> repeated = repeatedNames(request);
        repeated.forEach(name ->
                data.results().add(result(name, new ApiError(Errors.INVALID_REQUEST, "Duplicate topic name."))));
        for (CreatePartitionsTopic topic : request.topics()) {
            if (!repeated.contains(topic.name())) {
                data.results().add(result(topic.name(), growth.grow(topic)));
            }
        }
        if (!growth.added.isEmpty()) {
            ownership.awaitOwned(growth.added, deadline);
        }
        return new Answer.Ready(data);
    }

    private static Set<String> repeatedNames(CreatePartitionsRequestData request) {
        Set<String> seen = new HashSet<>();
        Set<String> repeated = new HashSet<>();
        for (CreatePartitionsTopic topic : request.topics()) {
            if (!seen.add(topic.name())) {
                repeated.add(topic.name());
            }
        }
        return repeated;
    }

    private static CreatePartitionsTopicResult result(String name, ApiError error) {
        return new CreatePartitionsTopicResult()
                .setName(name)
                .setErrorCode(error.error().code())
                .setErrorMessage(error.isSuccess() ? null : error.messageWithFallback());
    }

    /** What one request adds. Confined to the thread that handles it. */
    private final class Growth {
        private final ClusterView view;
        private final boolean validateOnly;
        private final List<PartitionId> added = new ArrayList<>();
        private int granted;

        Growth(ClusterView view, boolean validateOnly) {
            this.view = view;
            this.validateOnly = validateOnly;
        }

        ApiError grow(CreatePartitionsTopic wanted) {
            if (!policy.adminAllowed()) {
                return KnownErrors.adminRefused();
            }
            AlterResult outlook = catalog.addPartitions(wanted.name(), wanted.count(), true);
            if (!(outlook instanceof AlterResult.Altered(Topic before, Topic after))) {
                return KnownErrors.of(outlook);
            }
            int more = after.partitions() - before.partitions();
            Optional<ApiError> problem = assignmentProblem(wanted, before.partitions(), more)
                    .or(() -> PartitionCount.problem(granted, more, catalog));
            if (problem.isPresent()) {
                return problem.get();
            }
            granted += more;
            return validateOnly ? ApiError.NONE : add(wanted);
        }

        private Optional<ApiError> assignmentProblem(CreatePartitionsTopic wanted, int first, int more) {
            List<CreatePartitionsAssignment> assignments = wanted.assignments();
            if (assignments == null) {
                return Optional.empty();
            }
            if (assignments.size() != more) {
                return Optional.of(new ApiError(
                        Errors.INVALID_REPLICA_ASSIGNMENT,
                        "Attempted to add " + more + " additional partition(s), but only " + assignments.size()
                                + " assignment(s) were specified."));
            }
            return ManualAssignment.problem(
                            first,
                            assignments.stream()
                                    .map(CreatePartitionsAssignment::brokerIds)
                                    .toList(),
                            view)
                    .map(problem -> new ApiError(Errors.INVALID_REPLICA_ASSIGNMENT, problem));
        }

        private ApiError add(CreatePartitionsTopic wanted) {
            AlterResult result = catalog.addPartitions(wanted.name(), wanted.count(), false);
            if (result instanceof AlterResult.Altered(Topic before, Topic after)) {
                IntStream.range(before.partitions(), after.partitions())
                        .mapToObj(after::partition)
                        .forEach(added::add);
            }
            return KnownErrors.of(result);
        }
    }
}
