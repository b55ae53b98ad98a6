// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import com.google.protobuf.ByteString;
import io.kafscale.broker.disk.FolderLock;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.Transaction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one directory that holds the records of a cluster whose metadata is in etcd: a name is written into it and into the
 * metadata, and must be the same in both. Held until it is closed.
 */
final class LoneDirectory implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LoneDirectory.class);

    /** The folder of the metadata of a cluster that keeps all in one directory; its lock keeps other brokers out. */
    private static final String FOLDER = "metadata";

    private static final String NAME_FILE = "etcd-cluster";
    private static final int NAME_BYTES = 16;

    private final FolderLock lock;

    private LoneDirectory(FolderLock lock) {
        this.lock = lock;
    }

    /**
     * Claims a directory for a cluster.
     *
     * @throws BrokerStartException when somebody uses it, or it and the metadata do not belong together
     */
    static LoneDirectory claim(Path directory, MetadataStore metadata, ClusterKeys keys) {
        try {
            Path folder = Files.createDirectories(directory.resolve(FOLDER));
            FolderLock lock =
                    FolderLock.tryAcquire(folder).orElseThrow(() -> refusal(directory, "is in use by another broker"));
            boolean claimed = false;
            try {
                match(directory, folder, metadata, keys);
                claimed = true;
                LOG.atWarn()
                        .addKeyValue("directory", directory)
                        .log("the metadata is in etcd, the records are in a local directory: for a single broker only");
                return new LoneDirectory(lock);
            } finally {
                if (!claimed) {
                    lock.close();
                }
            }
        } catch (IOException e) {
            throw new BrokerStartException(
                    Variable.DATA_DIR.key() + ": directory " + directory + " cannot be used: " + e, e);
        }
    }

    /**
     * Refuses a directory whose metadata is in etcd to a broker that would look for it in the directory.
     *
     * @throws BrokerStartException that says so
     */
    static void refuseWithoutEtcd(Path directory) {
        if (Files.exists(directory.resolve(FOLDER).resolve(NAME_FILE))) {
            throw new BrokerStartException(Variable.ETCD_ENDPOINTS.key() + " is not set, but directory " + directory
                    + " (" + Variable.DATA_DIR.key() + ") holds the records of a cluster whose metadata is in etcd");
        }
    }

    private static void match(Path directory, Path folder, MetadataStore metadata, ClusterKeys keys)
            throws IOException {
        Optional<String> here = nameIn(folder);
        if (here.isEmpty() && isUsed(directory, folder)) {
            throw refusal(directory, "holds another cluster, which is not in etcd");
        }
        Optional<String> there = nameIn(metadata, keys);
        if (here.isEmpty() && there.isEmpty() && hasMetadata(metadata, keys)) {
            throw refusal(directory, "is new, but etcd holds a cluster " + keys.clusterId() + " already");
        }
        String name = here.or(() -> there.isEmpty() ? Optional.of(newName()) : Optional.empty())
                .orElseThrow(() -> refusal(directory, "is not the one that cluster " + keys.clusterId() + " is in"));
        if (here.isEmpty()) {
            Files.writeString(folder.resolve(NAME_FILE), name, StandardOpenOption.CREATE_NEW, StandardOpenOption.SYNC);
        }
        if (there.isEmpty()) {
            if (hasMetadata(metadata, keys)) {
                throw refusal(directory, "is not the one that cluster " + keys.clusterId() + " is in");
            }
            metadata.commit(Transaction.when(Compare.absent(keys.localObjects()))
                    .put(keys.localObjects(), ByteString.copyFromUtf8(name))
                    .build());
        }
        if (!nameIn(metadata, keys).equals(Optional.of(name))) {
            throw refusal(directory, "is not the one that cluster " + keys.clusterId() + " is in");
        }
    }

    private static Optional<String> nameIn(Path folder) throws IOException {
        Path file = folder.resolve(NAME_FILE);
        return Files.exists(file) ? Optional.of(Files.readString(file)) : Optional.empty();
    }

    private static Optional<String> nameIn(MetadataStore metadata, ClusterKeys keys) {
        return metadata.get(List.of(keys.localObjects()))
                .find(keys.localObjects())
                .map(KeyValue::value)
                .map(ByteString::toStringUtf8);
    }

    /** Whether a cluster has been made there. */
    private static boolean hasMetadata(MetadataStore metadata, ClusterKeys keys) throws MetadataException {
        return metadata.get(List.of(keys.cluster())).find(keys.cluster()).isPresent();
    }

    /** Whether a broker kept something there. */
    private static boolean isUsed(Path directory, Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return Files.exists(directory.resolve("objects"))
                    || files.anyMatch(file -> !file.endsWith(FolderLock.FILE_NAME));
        }
    }

    private static String newName() {
        byte[] name = new byte[NAME_BYTES];
        new SecureRandom().nextBytes(name);
        return HexFormat.of().formatHex(name);
    }

    private static BrokerStartException refusal(Path directory, String why) {
        return new BrokerStartException(Variable.DATA_DIR.key() + ", " + Variable.ETCD_ENDPOINTS.key() + ": directory "
                + directory + " " + why + "; without a bucket a cluster is one broker and its one directory");
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
