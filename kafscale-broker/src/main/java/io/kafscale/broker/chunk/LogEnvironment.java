// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.TransactionRunner;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Threads;
import java.util.random.RandomGenerator;

/**
 * What the logs stand on. Immutable; all of it is thread-safe, {@code random} included.
 *
 * @param root where this cluster's objects are, {@code {namespace}/{cluster id}} without a slash at the end
 */
public record LogEnvironment(
        Clock clock,
        Threads threads,
        RandomGenerator random,
        ObjectStore objects,
        MetadataStore metadata,
        ClusterKeys keys,
        ObjectKey root) {

    public TransactionRunner transactions() {
        return new TransactionRunner(metadata, clock, random);
    }

    /**
     * A name for a shared object that has never been used.
     *
     * @param sequence the first that it covers
     */
    public ObjectKey newSharedObject(String incarnation, long sequence) {
        return new ObjectKey("%s/shared/%s/%020d-%016x.kso".formatted(root, incarnation, sequence, random.nextLong()));
    }
}
