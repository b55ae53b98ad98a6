// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.metadata.FileMetadataStore;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.storage.FileObjectStore;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.Threads;

/**
 * The two stores that a configuration asks for; the only place that knows their kinds. Immutable.
 *
 * @param death comes when the metadata can never be written again by this process
 */
record Stores(MetadataStore metadata, ObjectStore objects, Pending<Throwable> death) {

    /** How a broker comes by its stores. */
    @FunctionalInterface
    interface Opening {
        /** Opens stores that are closed with the broker. */
        Stores open(BrokerConfig.Storage config, Clock clock, Threads threads, Closing closing);
    }

    /** Opens what the configuration asks for; what opens is closed with the broker. */
    static Stores open(BrokerConfig.Storage config, Clock clock, Threads threads, Closing closing) {
        if (config.inMemory()) {
            return new Stores(
                    closing.add("metadata store", new MemoryMetadataStore(clock)),
                    closing.add("object store", new MemoryObjectStore(clock)),
                    new Pending<>());
        }
        try {
            // the metadata first: its lock keeps a second broker out of the directory
            FileMetadataStore metadata =
                    closing.add("metadata store", FileMetadataStore.open(config.directory(), clock, threads));
            ObjectStore objects = closing.add("object store", FileObjectStore.open(config.directory()));
            return new Stores(metadata, objects, metadata.death());
        } catch (MetadataException | StorageException e) {
            throw new BrokerStartException(Variable.DATA_DIR.key() + ": " + e.getMessage(), e);
        }
    }
}
