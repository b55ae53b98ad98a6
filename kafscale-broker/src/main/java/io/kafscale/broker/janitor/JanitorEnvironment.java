// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Threads;
import java.util.random.RandomGenerator;

/**
 * What the janitor stands on. Immutable; all of it is thread-safe, {@code random} included.
 *
 * @param root where this cluster's objects are, {@code {namespace}/{cluster id}} without a slash at the end
 */
public record JanitorEnvironment(
        Clock clock,
        Threads threads,
        RandomGenerator random,
        ObjectStore objects,
        MetadataStore metadata,
        ClusterKeys keys,
        ObjectKey root) {}
