// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.bounds.Share;
import io.kafscale.broker.time.Clock;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.requests.FetchMetadata;

/**
 * The fetch sessions of a broker's clients, as many as there is memory for. Whoever finds none fetches without a session; a
 * session that has not been used for two minutes makes room for a new one. Thread-safe; guarded by {@code lock}.
 */
public final class FetchSessions {

    /** As {@code min.incremental.fetch.session.eviction.ms} of Apache Kafka has it. */
    static final Duration LEAST_LIFE = Duration.ofMinutes(2);

    /** A session, and when it was used last. Immutable. */
    private record Used(FetchSession session, long nanos) {}

    private final Clock clock;
    private final RandomGenerator random;
    private final ByteBudget memory;
    private final ReentrantLock lock = new ReentrantLock();

    /** By their ids, the one that was used last at the end. */
    @GuardedBy("lock")
    private final Map<Integer, Used> sessions = new LinkedHashMap<>();

    /**
     * The sessions of one broker.
     *
     * @param random for their ids, which nobody should guess
     * @param memory for all of them
     */
    public FetchSessions(Clock clock, RandomGenerator random, ByteBudget memory) {
        this.clock = clock;
        this.random = random;
        this.memory = memory;
    }

    /** A new session with these partitions; empty when there is no room for it. */
    Optional<FetchSession> open(List<AskedPartition> asked, boolean byId) {
        lock.lock();
        try {
            Optional<Share> room = memory.tryShare(FetchSession.bytes(asked.size()));
            while (room.isEmpty() && closeUnused()) {
                room = memory.tryShare(FetchSession.bytes(asked.size()));
            }
            return room.map(share -> add(new FetchSession(newId(), byId, asked, share)));
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private int newId() {
        int id = FetchMetadata.INVALID_SESSION_ID;
        while (id == FetchMetadata.INVALID_SESSION_ID || sessions.containsKey(id)) {
            id = random.nextInt(1, Integer.MAX_VALUE);
        }
        return id;
    }

    @GuardedBy("lock")
    private FetchSession add(FetchSession session) {
        sessions.put(session.id(), new Used(session, clock.monotonicNanos()));
        return session;
    }

    /** Ends the session that has been without a request for longest, if that is long enough. */
    @GuardedBy("lock")
    private boolean closeUnused() {
        Iterator<Used> oldest = sessions.values().iterator();
        if (!oldest.hasNext()) {
            return false;
        }
        Used used = oldest.next();
        boolean unused = clock.monotonicNanos() - used.nanos() >= LEAST_LIFE.toNanos();
        if (unused) {
            oldest.remove();
            used.session().close();
        }
        return unused;
    }

    /** The session of a client that uses it now. */
    Optional<FetchSession> use(int id) {
        lock.lock();
        try {
            return Optional.ofNullable(sessions.remove(id)).map(Used::session).map(this::add);
        } finally {
            lock.unlock();
        }
    }

    /** Ends a session, if it is there. */
    void close(int id) {
        lock.lock();
        try {
            Optional.ofNullable(sessions.remove(id)).map(Used::session).ifPresent(FetchSession::close);
        } finally {
            lock.unlock();
        }
    }
}
