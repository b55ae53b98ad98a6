// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import java.time.Duration;
import java.util.Optional;

/**
 * How the calls of an object store have gone lately, and what not to ask of it now; reading it costs nothing. Implementations
 * are thread-safe.
 */
public interface ObjectHealth {

    /** That of a store which nobody watches. */
    ObjectHealth UNWATCHED = new ObjectHealth() {};

    /**
     * The numbers behind the state. Immutable.
     *
     * @param lasting how long the state has lasted
     * @param calls that ended in the window, since the state began
     * @param errorShare of those, from 0 to 1
     * @param meanLatency of those that carry bytes
     */
    record Report(StoreState state, Duration lasting, long calls, double errorShare, Duration meanLatency) {}

    default StoreState state() {
        return StoreState.HEALTHY;
    }

    /** Why reading would fail, if it would. */
    default Optional<String> readTrouble() {
        return Optional.empty();
    }

    /** Why a write would not be done soon, if so; a store that is full still reads. */
    default Optional<String> writeTrouble() {
        return Optional.empty();
    }

    /** The last write failed, and the store itself said that it did not do it. */
    default boolean refusesWrites() {
        return false;
    }

    default Report report() {
        return new Report(StoreState.HEALTHY, Duration.ZERO, 0, 0, Duration.ZERO);
    }
}
