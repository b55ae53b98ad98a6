// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.metadata.EtcdSettings;
import io.kafscale.broker.metadata.FileMetadataStore;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.storage.FileObjectStore;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.S3Settings;
import io.kafscale.broker.storage.S3StartException;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.Threads;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two stores that a configuration asks for; the only place that knows their kinds. Immutable.
 *
 * @param death comes when this process must not go on: the metadata can never be written again, or was replaced
 */
record Stores(MetadataStore metadata, ObjectStore objects, Pending<Throwable> death) {

    private static final Logger LOG = LoggerFactory.getLogger(Stores.class);

    /** How a broker comes by its stores. */
    @FunctionalInterface
    interface Opening {
        /** Opens stores that are closed with the broker. */
        Stores open(BrokerConfig config, Clock clock, Threads threads, Bucket bucket, Closing closing)
                throws InterruptedException;
    }

    /** Opens a bucket, and loads the classes that it takes. */
    @FunctionalInterface
    interface Bucket {
        ObjectStore open(S3Settings settings, ObjectKey root);
    }

    /** Opens what the configuration asks for; what opens is closed with the broker. */
    static Stores open(BrokerConfig config, Clock clock, Threads threads, Bucket bucket, Closing closing)
            throws InterruptedException {
        BrokerConfig.Storage storage = config.storage();
        if (storage.inMemory()) {
            return new Stores(
                    closing.add("metadata store", new MemoryMetadataStore(clock)),
                    closing.add("object store", new MemoryObjectStore(clock)),
                    new Pending<>());
        }
        return storage.etcd().isPresent()
                ? withEtcd(config, storage.etcd().get(), clock, bucket, closing)
                : withDirectory(storage, clock, threads, bucket, closing);
    }

    /** A sentence about where the stores are, with the settings that say so. */
    static String places(BrokerConfig.Storage storage) {
        if (storage.inMemory()) {
            return "Both stores are in memory (" + Variable.USE_MEMORY_S3.key() + ")";
        }
        String directory = "directory " + storage.directory() + " (" + Variable.DATA_DIR.key() + ")";
        String objects = storage.s3()
                .map(s3 -> "bucket " + s3.bucket() + " (" + Variable.S3_BUCKET.key() + ")")
                .orElse(directory);
        String metadata = storage.etcd().isPresent() ? "etcd (" + Variable.ETCD_ENDPOINTS.key() + ")" : directory;
        return "The objects are in " + objects + " below " + storage.root() + " (" + Variable.S3_NAMESPACE.key() + ", "
                + Variable.CLUSTER_ID.key() + "), the metadata in " + metadata;
    }

    /** The metadata in etcd; never final, since etcd may come back. */
    private static Stores withEtcd(BrokerConfig config, EtcdSettings etcd, Clock clock, Bucket bucket, Closing closing)
            throws InterruptedException {
        BrokerConfig.Storage storage = config.storage();
        MetadataStore metadata = closing.add(
                "metadata store", EtcdFactory.open(etcd, config.times().startupTimeout(), clock));
        ObjectStore objects = storage.s3().isPresent() ? bucket(storage, bucket) : claimed(storage, closing);
        return new Stores(metadata, closing.add("object store", objects), new Pending<>());
    }

    /** A directory for the objects of a broker that is alone, although its metadata could serve several. */
    private static ObjectStore claimed(BrokerConfig.Storage config, Closing closing) {
        try {
            closing.add("directory", LoneDirectory.claim(config.directory()));
            return FileObjectStore.open(config.directory());
        } catch (StorageException e) {
            throw unusable(e);
        }
    }

    private static Stores withDirectory(
            BrokerConfig.Storage config, Clock clock, Threads threads, Bucket bucket, Closing closing) {
        try {
            // the metadata first: its lock keeps a second broker out of the directory
            FileMetadataStore metadata =
                    closing.add("metadata store", FileMetadataStore.open(config.directory(), clock, threads));
            if (config.s3().isPresent()) {
                LOG.atWarn()
                        .addKeyValue("bucket", config.s3().get().bucket())
                        .addKeyValue("directory", config.directory())
                        .log(
                                "objects are in a bucket but metadata is in a local directory: only one broker can use them");
            }
            ObjectStore objects =
                    config.s3().isPresent() ? bucket(config, bucket) : FileObjectStore.open(config.directory());
            return new Stores(metadata, closing.add("object store", objects), metadata.death());
        } catch (MetadataException | StorageException e) {
            throw unusable(e);
        }
    }

    private static BrokerStartException unusable(RuntimeException cause) {
        return new BrokerStartException(Variable.DATA_DIR.key() + ": " + cause.getMessage(), cause);
    }

    private static ObjectStore bucket(BrokerConfig.Storage config, Bucket bucket) {
        try {
            return bucket.open(config.s3().orElseThrow(), config.root());
        } catch (S3StartException e) {
            throw new BrokerStartException(S3Variables.of(e.setting()).key() + ": " + e.getMessage(), e);
        }
    }
}
