// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.cluster.TopicCatalog;
import java.util.Optional;
import java.util.UUID;

/** The topics for which groups may commit. Thread-safe. */
public interface GroupTopics {

    Optional<Topic> find(String name);

    Optional<Topic> find(UUID id);

    static GroupTopics of(TopicCatalog catalog) {
        return new GroupTopics() {
            @Override
            public Optional<Topic> find(String name) {
                return catalog.find(name);
            }

            @Override
            public Optional<Topic> find(UUID id) {
                return catalog.find(id);
            }
        };
    }
}
