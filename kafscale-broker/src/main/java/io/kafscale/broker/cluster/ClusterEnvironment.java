// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.TransactionRunner;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Threads;
import java.util.random.RandomGenerator;

/** What the cluster stands on. Immutable; all of it is thread-safe. */
public record ClusterEnvironment(
        MetadataStore store, ClusterKeys keys, Clock clock, Threads threads, RandomGenerator random) {

    TransactionRunner transactions() {
        return new TransactionRunner(store, clock, random);
    }
}
