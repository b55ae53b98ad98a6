// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.storage.HealthLimits;
import io.kafscale.broker.storage.HedgedObjectStore;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.ReplicatedObjectStore;
import io.kafscale.broker.storage.S3Environment;
import io.kafscale.broker.storage.S3ObjectStore;
import io.kafscale.broker.storage.S3Settings;
import io.kafscale.broker.storage.S3StartException;
import io.kafscale.broker.storage.SlowCallHedging;
import io.kafscale.broker.storage.StoreProbe;
import io.kafscale.broker.storage.StoreWatch;
import io.kafscale.broker.storage.WatchedObjectStore;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Threads;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Puts around object stores what every broker has around them: a watch and a probe of each; hedging for a bucket, since behind
 * it are many machines; and a replica that is read first. Immutable.
 *
 * <pre>
 *   ReplicatedObjectStore ─▶ HedgedObjectStore ─▶ WatchedObjectStore ─▶ S3ObjectStore    the bucket
 *                        └─────────────────────▶ WatchedObjectStore ─▶ S3ObjectStore    its replica
 * </pre>
 *
 * @param root what the keys of all objects begin with
 */
record ObjectStores(Clock clock, Threads threads, RandomGenerator random, HealthLimits limits, ObjectKey root) {

    /** A store of this machine alone. */
    ObjectStore local(ObjectStore store) {
        return watched(store, new StoreWatch("objects", clock, limits));
    }

    private ObjectStore watched(ObjectStore store, StoreWatch watch) {
        new StoreProbe(store, watch, limits, clock, threads, root).start();
        return new WatchedObjectStore(store, watch, clock);
    }

    private S3Environment environment(StoreWatch watch) {
        return new S3Environment(clock, threads, random, watch::attemptFailed);
    }

    /**
     * Opens a bucket, and loads the classes that it takes.
     *
     * @param patience how long to wait for a bucket that does not answer
     * @throws S3StartException when the bucket cannot be used
     * @throws BrokerStartException when its replica cannot
     */
    ObjectStore bucket(S3Settings settings, Optional<S3Settings> replica, Duration patience) {
        StoreWatch watch = new StoreWatch("objects", clock, limits);
        ObjectStore watched = watched(S3ObjectStore.open(settings, root, environment(watch), patience), watch);
        ObjectStore hedged = new HedgedObjectStore(
                watched, new SlowCallHedging(clock, threads, watch), new SlowCallHedging(clock, threads, watch));
        return replica.isPresent() ? beside(hedged, replica.get(), patience) : hedged;
    }

    private ObjectStore beside(ObjectStore primary, S3Settings settings, Duration patience) {
        StoreWatch watch = new StoreWatch("replica", clock, limits);
        boolean opened = false;
        try {
            ObjectStore replica = S3ObjectStore.openReplica(settings, root, environment(watch), patience);
            opened = true;
            return new ReplicatedObjectStore(primary, watched(replica, watch), watch, clock, threads);
        } catch (S3StartException e) {
            throw new BrokerStartException(S3Variables.ofReplica(e.setting()).key() + ": replica " + e.getMessage(), e);
        } finally {
            if (!opened) {
                primary.close();
            }
        }
    }
}
