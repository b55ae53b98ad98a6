// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.metadata.FileMetadataStore;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.storage.FileObjectStore;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Threads;

/** The two stores that a configuration asks for; the only place that knows their kinds. Immutable. */
record Stores(MetadataStore metadata, ObjectStore objects) {

    /** Opens the metadata first: its lock keeps a second broker out of the directory. */
    static Stores open(BrokerConfig.Storage config, Clock clock, Threads threads, Closing closing) {
        MetadataStore metadata = closing.add(
                "metadata store",
                config.inMemory()
                        ? new MemoryMetadataStore(clock)
                        : FileMetadataStore.open(config.directory(), clock, threads));
        ObjectStore objects = closing.add(
                "object store",
                config.inMemory() ? new MemoryObjectStore(clock) : FileObjectStore.open(config.directory()));
        return new Stores(metadata, objects);
    }
}
