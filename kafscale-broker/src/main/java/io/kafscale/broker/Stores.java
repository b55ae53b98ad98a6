// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.storage.FileObjectStore;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.time.Clock;

/** The two stores that a configuration asks for; the only place that knows their kinds. Immutable. */
record Stores(MetadataStore metadata, ObjectStore objects) {

    /** Opens the metadata first: its lock keeps a second broker out of the directory. */
    static Stores open(BrokerConfig.Storage config, Clock clock, Closing closing) {
        MetadataStore metadata = closing.add("metadata store", openMetadata(clock));
        ObjectStore objects = closing.add("object store", openObjects(config, clock));
        return new Stores(metadata, objects);
    }

    private static MetadataStore openMetadata(Clock clock) {
        return new MemoryMetadataStore(clock);
    }

    private static ObjectStore openObjects(BrokerConfig.Storage config, Clock clock) {
        return config.inMemory() ? new MemoryObjectStore(clock) : FileObjectStore.open(config.directory());
    }
}
