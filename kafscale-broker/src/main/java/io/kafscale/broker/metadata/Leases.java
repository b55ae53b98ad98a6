// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The living leases of one store and when each ends. Not thread-safe: guarded by its store's lock. */
final class Leases {

    private static final int SESSION_SHIFT = 32;

    private final Clock clock;
    private final long idBase;
    private final Map<Long, Holding> living = new HashMap<>();
    private long granted;

    /** No lease ends before this moment; a keep-alive may have moved the real one further. */
    private Deadline soonest = Deadline.NEVER;

    /**
     * Leases of one opening of a store.
     *
     * @param session the number of that opening, from 1; it keeps ids apart from those of earlier ones
     */
    Leases(Clock clock, long session) {
        if (session < 1 || session >= 1L << (Long.SIZE - 1 - SESSION_SHIFT)) {
            throw new IllegalArgumentException("session " + session);
        }
        this.clock = clock;
        this.idBase = session << SESSION_SHIFT;
    }

    private record Holding(Lease lease, Deadline end) {}

    Lease grant(Duration timeToLive) {
        if (!timeToLive.isPositive()) {
            throw new IllegalArgumentException("a lease of " + timeToLive);
        }
        granted++;
        Lease lease = new Lease(idBase + granted, timeToLive);
        hold(lease);
        return lease;
    }

    private void hold(Lease lease) {
        Deadline end = Deadline.after(clock, lease.timeToLive());
        living.put(lease.id(), new Holding(lease, end));
        soonest = soonest.orSooner(end);
    }

    /** Starts the lease's time again; false when it is gone. */
    boolean keepAlive(Lease lease) {
        Optional<Holding> holding = find(lease.id());
        holding.ifPresent(held -> hold(held.lease()));
        return holding.isPresent();
    }

    boolean isLiving(long leaseId) {
        return find(leaseId).isPresent();
    }

    private Optional<Holding> find(long leaseId) {
        return Optional.ofNullable(living.get(leaseId))
                .filter(holding -> !holding.end().passed(clock));
    }

    /** Takes the lease out; false when it was gone. */
    boolean remove(long leaseId) {
        return living.keySet().remove(leaseId);
    }

    /** Takes out the leases whose time is over and names them. */
    List<Long> removeExpired() {
        if (!soonest.passed(clock)) {
            return List.of();
        }
        List<Long> expired = new ArrayList<>();
        soonest = Deadline.NEVER;
        for (Holding holding : living.values()) {
            if (holding.end().passed(clock)) {
                expired.add(holding.lease().id());
            } else {
                soonest = soonest.orSooner(holding.end());
            }
        }
        expired.sort(null);
        living.keySet().removeAll(expired);
        return expired;
    }

    /** A moment before which no lease ends by itself. */
    Deadline soonestEnd() {
        return soonest;
    }
}
