// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The topics of the cluster: a view in memory and the transactions that change them. Thread-safe. */
@SuppressWarnings("DoNotCallSuggester")
public final class TopicCatalog {

    TopicCatalog() {}

    public Optional<Topic> find(String name) {
        throw new UnsupportedOperationException(name);
    }

    public Optional<Topic> find(UUID id) {
        throw new UnsupportedOperationException(id.toString());
    }

    /** All topics, in the order of their names. */
    public List<Topic> all() {
        throw new UnsupportedOperationException();
    }

    /**
     * Creates a topic; {@link #find} sees it when this returns.
     *
     * @param configs by Kafka's names
     * @param validateOnly to check everything and create nothing
     */
    public CreateResult create(String name, int partitions, Map<String, String> configs, boolean validateOnly) {
        throw new UnsupportedOperationException(name + partitions + configs + validateOnly);
    }

    /** Deletes a topic by name; {@link #find} does not see it any more when this returns. */
    public DeleteResult delete(String name) {
        throw new UnsupportedOperationException(name);
    }

    /** Deletes a topic by id. */
    public DeleteResult delete(UUID id) {
        throw new UnsupportedOperationException(id.toString());
    }
}
