// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.metadata.Watch;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Signal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps {@link Contents} equal to the keys below a prefix. A watch is only a hint: whenever it ends, and once a minute,
 * the keys are listed again. Nothing older than what was seen is ever applied. Thread-safe; guarded by {@code lock}.
 */
final class KeyView implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(KeyView.class);
    private static final Duration RESYNC = Duration.ofMinutes(1);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(1);
    private static final Duration CATCH_UP_BY_WATCH = Duration.ofSeconds(1);

    private final ClusterEnvironment environment;
    private final String prefix;
    private final Contents contents;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition moved = lock.newCondition();
    private final Signal stop = new Signal();

    @GuardedBy("lock")
    private long revision;

    @GuardedBy("lock")
    private final Map<String, Long> modRevisions = new HashMap<>();

    /** The watch that is followed, if any, so that closing can end it. */
    @GuardedBy("lock")
    private final List<Watch> current = new ArrayList<>();

    @GuardedBy("lock")
    private boolean closed;

    /**
     * What is made of the keys. Called under the view's lock: must not block, nor call the view. A key on which it throws
     * is passed over, for others may put keys below the prefix that mean nothing here.
     */
    interface Contents {

        /** A key was created or changed. */
        void set(KeyValue entry) throws InvalidProtocolBufferException;

        /** A key is gone. */
        void delete(String key);

        /** Everything of one revision has been told. */
        void settled();
    }

    KeyView(ClusterEnvironment environment, String prefix, Contents contents) {
        this.environment = environment;
        this.prefix = prefix;
        this.contents = contents;
    }

    /** Loads the keys, and follows them from then on. */
    void start() {
        reload();
        environment.threads().start("view " + prefix, this::follow);
    }

    /** Lists the keys, unless something newer is known already. */
    void reload() {
        Snapshot snapshot = environment.store().range(prefix);
        lock.lock();
        try {
            if (snapshot.revision() >= revision) {
                replaceWith(snapshot);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Makes sure that the view shows a revision that wrote below the prefix. */
    void catchUp(long written) throws InterruptedException {
        Deadline patience = Deadline.after(environment.clock(), CATCH_UP_BY_WATCH);
        lock.lock();
        try {
            boolean inTime = true;
            while (inTime && !closed && revision < written) {
                inTime = environment.clock().await(lock, moved, patience);
            }
            if (revision >= written) {
                return;
            }
        } finally {
            lock.unlock();
        }
        reload();
    }

    /** Whatever goes wrong, the view is followed again after a pause: nobody else would notice that it stands still. */
    private void follow() {
        try {
            while (!isClosed()) {
                if (!followOnce()) {
                    stop.await(environment.clock(), Deadline.after(environment.clock(), PAUSE_AFTER_FAILURE));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Follows one watch to its end and lists the keys; false when that has failed, or the watch said nothing at all. */
    private boolean followOnce() throws InterruptedException {
        boolean saidSomething = false;
        try {
            try (Watch watch = environment.store().watch(prefix, seenRevision() + 1)) {
                if (adopt(watch)) {
                    saidSomething = followUntilEnd(watch);
                }
            }
            if (!isClosed()) {
                reload();
            }
            return saidSomething;
        } catch (MetadataException e) {
            if (!isClosed() && e.kind() != MetadataException.Kind.INTERRUPTED) {
                LOG.atWarn().setCause(e).addKeyValue("prefix", prefix).log("metadata cannot be followed; trying again");
            }
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).addKeyValue("prefix", prefix).log("metadata not followed because of a bug");
        }
        return false;
    }

    /** False when the watch ended before it said anything, as the next one may. */
    private boolean followUntilEnd(Watch watch) throws InterruptedException {
        boolean saidSomething = false;
        Deadline resync = Deadline.after(environment.clock(), RESYNC);
        while (true) {
            switch (watch.next(resync)) {
                case Watch.Event.Changed changed -> apply(changed);
                case Watch.Event.Quiet quiet -> {
                    reload();
                    resync = Deadline.after(environment.clock(), RESYNC);
                }
                case Watch.Event.Ended ended -> {
                    return saidSomething;
                }
            }
            saidSomething = true;
        }
    }

    private void apply(Watch.Event.Changed changed) {
        lock.lock();
        try {
            if (changed.revision() <= revision) {
                return;
            }
            for (Watch.KeyChange change : changed.changes()) {
                switch (change) {
                    case Watch.KeyChange.Set set -> set(set.entry());
                    case Watch.KeyChange.Deleted deleted -> delete(deleted.key());
                }
            }
            movedTo(changed.revision());
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void replaceWith(Snapshot snapshot) {
        for (String key : List.copyOf(modRevisions.keySet())) {
            if (snapshot.find(key).isEmpty()) {
                delete(key);
            }
        }
        for (KeyValue entry : snapshot.all()) {
            set(entry);
        }
        movedTo(snapshot.revision());
    }

    @GuardedBy("lock")
    private void set(KeyValue entry) {
        Long known = modRevisions.put(entry.key(), entry.modRevision());
        if (known != null && known == entry.modRevision()) {
            return;
        }
        try {
            contents.set(entry);
        } catch (InvalidProtocolBufferException | RuntimeException e) {
            LOG.atError().setCause(e).addKeyValue("key", entry.key()).log("metadata value cannot be read; passed over");
        }
    }

    @GuardedBy("lock")
    private void delete(String key) {
        modRevisions.remove(key);
        try {
            contents.delete(key);
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).addKeyValue("key", key).log("metadata key cannot be read; passed over");
        }
    }

    @GuardedBy("lock")
    private void movedTo(long newRevision) {
        revision = newRevision;
        contents.settled();
        moved.signalAll();
    }

    private long seenRevision() {
        lock.lock();
        try {
            return revision;
        } finally {
            lock.unlock();
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** False when the view was closed meanwhile. */
    private boolean adopt(Watch watch) {
        lock.lock();
        try {
            current.clear();
            current.add(watch);
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /** Follows no longer; what was seen stays. */
    @Override
    public void close() {
        List<Watch> watches;
        lock.lock();
        try {
            closed = true;
            watches = List.copyOf(current);
            moved.signalAll();
        } finally {
            lock.unlock();
        }
        watches.forEach(Watch::close);
        stop.raise();
    }
}
