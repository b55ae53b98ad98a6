// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.CreateResult;
import io.kafscale.broker.cluster.Ownership;
import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.cluster.TopicCatalog;
import io.kafscale.broker.handler.MetadataHandler.Finding;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/** Makes topics that a client asks for and that are not there, if client and broker both want that. Thread-safe. */
public final class TopicAutoCreation {

    private static final long OWNER_WAIT_MILLIS = 1_000;

    private final TopicCatalog catalog;
    private final Ownership ownership;
    private final RequestPolicy policy;
    private final Clock clock;

    public TopicAutoCreation(TopicCatalog catalog, Ownership ownership, RequestPolicy policy, Clock clock) {
        this.catalog = catalog;
        this.ownership = ownership;
        this.policy = policy;
        this.clock = clock;
    }

    /** Looks the names up, in order; waits a moment until what was made is served. */
    List<Finding> findOrCreate(Collection<String> names, boolean wanted) throws InterruptedException {
        List<Finding> findings = new ArrayList<>(names.size());
        List<PartitionId> made = new ArrayList<>();
        for (String name : names) {
            Optional<Topic> known = catalog.find(name);
            if (known.isPresent()) {
                findings.add(new Finding.Known(known.get()));
            } else if (wanted && policy.autoCreateTopics()) {
                findings.add(create(name, made));
            } else {
                findings.add(new Finding.UnknownName(name, unknown(name)));
            }
        }
        if (!made.isEmpty()) {
            ownership.awaitOwned(made, Deadline.afterMillis(clock, OWNER_WAIT_MILLIS));
        }
        return findings;
    }

    private Finding create(String name, List<PartitionId> made) {
        Optional<ApiError> excess = PartitionCount.problem(policy.defaultPartitions(), catalog);
        if (excess.isPresent()) {
            return new Finding.UnknownName(name, excess.get().error());
        }
        return switch (catalog.create(name, policy.defaultPartitions(), Map.of(), false)) {
            case CreateResult.Created created -> {
                created.topic().allPartitions().forEach(made::add);
                yield new Finding.Known(created.topic());
            }
            // Somebody else made it in the same moment: the client asks again and finds it.
            case CreateResult.Exists exists ->
                catalog.find(name)
                        .<Finding>map(Finding.Known::new)
                        .orElseGet(() -> new Finding.UnknownName(name, Errors.LEADER_NOT_AVAILABLE));
            case CreateResult.Unavailable unavailable -> new Finding.UnknownName(name, Errors.LEADER_NOT_AVAILABLE);
            case CreateResult refused ->
                new Finding.UnknownName(name, KnownErrors.of(refused).error());
        };
    }

    /** A name that breaks the rules is told apart from one that is merely unknown, so that a client does not wait for it. */
    private static Errors unknown(String name) {
        return org.apache.kafka.common.internals.Topic.isValid(name)
                ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                : Errors.INVALID_TOPIC_EXCEPTION;
    }
}
