// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * When the metadata is backed up: after topics have changed, and from time to time. Thread-safe; guarded by {@code lock},
 * which is not held while a store is asked.
 */
public final class BackupSchedule {

    private static final Duration INTERVAL = Duration.ofMinutes(10);

    private final LogEnvironment environment;
    private final MetadataBackup backup;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private Topics backedUp = new Topics(-1, 0);

    @GuardedBy("lock")
    private Deadline next;

    /** How the topics stood: how many, and the revision of the last change to one that is there. Immutable. */
    private record Topics(int count, long revision) {}

    public BackupSchedule(LogEnvironment environment) {
        this.environment = environment;
        this.backup = new MetadataBackup(environment);
        this.next = Deadline.after(environment.clock(), Duration.ZERO);
    }

    /**
     * Backs up, if it is time.
     *
     * @throws MetadataException when the metadata cannot be read
     * @throws StorageException when the backup cannot be written
     */
    public void keep() throws InterruptedException {
        List<KeyValue> entries =
                environment.metadata().range(environment.keys().topics()).all();
        Topics now = new Topics(
                entries.size(),
                entries.stream().mapToLong(KeyValue::modRevision).max().orElse(0));
        if (isDue(now)) {
            backup.write();
            written(now);
        }
    }

    private boolean isDue(Topics now) {
        lock.lock();
        try {
            return !now.equals(backedUp) || next.passed(environment.clock());
        } finally {
            lock.unlock();
        }
    }

    private void written(Topics now) {
        lock.lock();
        try {
            backedUp = now;
            next = Deadline.after(environment.clock(), INTERVAL);
        } finally {
            lock.unlock();
        }
    }
}
