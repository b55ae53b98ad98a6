// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Threads;
import java.util.random.RandomGenerator;

/** What the groups stand on. Immutable; all of it is thread-safe. */
public record GroupEnvironment(
        MetadataStore store,
        ClusterKeys keys,
        Clock clock,
        Threads threads,
        RandomGenerator random,
        GroupTopics topics,
        GroupShards shards) {}
