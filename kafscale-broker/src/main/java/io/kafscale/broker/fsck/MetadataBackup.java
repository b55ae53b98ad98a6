// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import java.util.List;

/**
 * Writes all lasting metadata into the bucket, as one object, so that a cluster whose metadata is lost keeps its topics, its
 * settings and the offsets of its groups. Any broker may write at any time. Thread-safe: it has no state.
 */
public final class MetadataBackup {

    /** So many are kept, the newest. */
    static final int KEPT = 5;

    private final LogEnvironment environment;
    private final Backups backups;

    public MetadataBackup(LogEnvironment environment) {
        this.environment = environment;
        this.backups = Backups.of(environment);
    }

    /**
     * Writes a backup, and removes those that are too many.
     *
     * @return where it is
     * @throws MetadataException when the metadata cannot be read, or holds no cluster
     * @throws StorageException when nobody can tell that the backup was written; older ones are untouched then
     */
    public ObjectKey write() throws InterruptedException {
        Dump dump = Dump.of(
                        environment.metadata().range(environment.keys().root()),
                        environment.keys(),
                        environment.clock().wallMillis())
                .orElseThrow(() -> new MetadataException(
                        MetadataException.Kind.REFUSED,
                        "there is no cluster " + environment.keys().clusterId() + " to back up"));
        ObjectKey written = backups.write(dump);
        List<ObjectKey> all = backups.list().stream().map(ObjectInfo::key).toList();
        if (all.size() > KEPT) {
            environment.objects().delete(all.subList(0, all.size() - KEPT));
        }
        return written;
    }
}
