// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.EtcdSettings;
import io.kafscale.broker.metadata.FileMetadataStore;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.storage.FileObjectStore;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Threads;
import java.util.Optional;

/** The two stores that a configuration asks for; the only place that knows their kinds. Immutable. */
record Stores(MetadataStore metadata, ObjectStore objects) {

    /** Opens what the configuration asks for; what opens is closed with the broker. */
    static Stores open(BrokerConfig config, Clock clock, Threads threads, Closing closing) throws InterruptedException {
        BrokerConfig.Storage storage = config.storage();
        Optional<EtcdSettings> etcd = storage.etcd();
        if (etcd.isPresent()) {
            MetadataStore metadata = closing.add(
                    "metadata store",
                    EtcdFactory.open(etcd.get(), config.times().startupTimeout(), clock));
            return new Stores(metadata, directory(storage, metadata, closing));
        }
        return embedded(storage, clock, threads, closing);
    }

    private static Stores embedded(BrokerConfig.Storage config, Clock clock, Threads threads, Closing closing) {
        if (config.inMemory()) {
            return new Stores(
                    closing.add("metadata store", new MemoryMetadataStore(clock)),
                    closing.add("object store", new MemoryObjectStore(clock)));
        }
        LoneDirectory.refuseWithoutEtcd(config.directory());
        try {
            // the metadata first: its lock keeps a second broker out of the directory
            MetadataStore metadata =
                    closing.add("metadata store", FileMetadataStore.open(config.directory(), clock, threads));
            return new Stores(metadata, closing.add("object store", FileObjectStore.open(config.directory())));
        } catch (MetadataException | StorageException e) {
            throw new BrokerStartException(Variable.DATA_DIR.key() + ": " + e.getMessage(), e);
        }
    }

    /** A directory for the objects of a broker that is alone, although its metadata could serve several. */
    private static ObjectStore directory(BrokerConfig.Storage config, MetadataStore metadata, Closing closing) {
        try {
            closing.add(
                    "directory",
                    LoneDirectory.claim(config.directory(), metadata, new ClusterKeys(config.clusterId())));
            return closing.add("object store", FileObjectStore.open(config.directory()));
        } catch (StorageException e) {
            throw new BrokerStartException(Variable.DATA_DIR.key() + ": " + e.getMessage(), e);
        }
    }
}
