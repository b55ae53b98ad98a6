// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.disk.FolderLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one directory that holds the objects of a cluster whose metadata is in etcd: its lock keeps other brokers out, which
 * would not see the objects elsewhere. Held until it is closed. Immutable.
 */
final class LoneDirectory implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LoneDirectory.class);

    /** The folder of the metadata of a cluster that keeps all in one directory, so that such a broker is kept out, too. */
    private static final String FOLDER = "metadata";

    private final FolderLock lock;

    private LoneDirectory(FolderLock lock) {
        this.lock = lock;
    }

    /**
     * Claims a directory.
     *
     * @throws BrokerStartException when somebody uses it
     */
    static LoneDirectory claim(Path directory) {
        try {
            Path folder = Files.createDirectories(directory.resolve(FOLDER));
            FolderLock lock = FolderLock.tryAcquire(folder)
                    .orElseThrow(() -> new BrokerStartException(Variable.DATA_DIR.key() + ", "
                            + Variable.ETCD_ENDPOINTS.key() + ": directory " + directory
                            + " is in use by another broker; without a bucket a cluster is one broker and its one"
                            + " directory"));
            LOG.atWarn()
                    .addKeyValue("directory", directory)
                    .log("the metadata is in etcd, the records are in a local directory: for a single broker only");
            return new LoneDirectory(lock);
        } catch (IOException e) {
            throw new BrokerStartException(
                    Variable.DATA_DIR.key() + ": directory " + directory + " cannot be used: " + e, e);
        }
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
