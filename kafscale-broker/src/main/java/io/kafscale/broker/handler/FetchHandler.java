// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.bounds.Share;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Signal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchMetadata;

/**
 * Fetch: looks how much there is and, when that is less than the client asks for, waits once for all partitions together
 * until commits make it enough or the request's time is up. Then it reads, once, when there is memory for the answer. Thread-safe.
 */
public final class FetchHandler implements ApiHandler<FetchRequestData> {

    /** Most bytes of records in one answer, as {@code fetch.max.bytes} of Apache Kafka has it. */
    static final int MAX_ANSWER_BYTES = 55 * 1024 * 1024;

    /** A client that wants to wait longer asks again after this. */
    static final int LONGEST_WAIT_MILLIS = 60_000;

    /** For memory; shorter than clients wait for an answer. An answer without records makes them ask again. */
    private static final long ROOM_MILLIS = 20_000;

    private static final long SLOW_READ_MILLIS = 2_000;

    /** Looking at fewer partitions than this costs nothing, however often it is done. */
    private static final int MANY_LOGS = 100;

    private static final Duration PAUSE_PER_LOG = Duration.ofNanos(10_000);

    private static final short FIRST_VERSION_WITH_TOPIC_IDS = 13;
    private static final byte READ_COMMITTED = 1;

    private final PartitionResolver partitions;
    private final LeaderDirectory leaders;
    private final FetchSessions sessions;
    private final FetchMemory memory;
    private final Clock clock;

    public FetchHandler(
            PartitionResolver partitions,
            LeaderDirectory leaders,
            FetchSessions sessions,
            FetchMemory memory,
            Clock clock) {
        this.partitions = partitions;
        this.leaders = leaders;
        this.sessions = sessions;
        this.memory = memory;
        this.clock = clock;
    }

    /** What becomes of an answer before it is sent. */
    private sealed interface Course {

        /** The client wants no session, or gets none. */
        record Alone() implements Course {}

        /** A session begins with these partitions. */
        record Beginning(List<AskedPartition> asked, boolean byId) implements Course {}

        /** A session goes on. */
        record GoingOn(FetchSession session) implements Course {}
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.FETCH;
    }

    @Override
    public Answer handle(RequestContext context, FetchRequestData request) throws InterruptedException {
        boolean byId = context.version() >= FIRST_VERSION_WITH_TOPIC_IDS;
        return new FetchMetadata(request.sessionId(), request.sessionEpoch()).isFull()
                ? full(context, request, byId)
                : incremental(context, request, byId);
    }

    private Answer full(RequestContext context, FetchRequestData request, boolean byId) throws InterruptedException {
        sessions.close(request.sessionId());
        List<AskedPartition> asked = AskedPartition.of(request, byId);
        boolean begins = request.sessionEpoch() == FetchMetadata.INITIAL_EPOCH && !asked.isEmpty();
        return fetch(context, request, asked, begins ? new Course.Beginning(asked, byId) : new Course.Alone());
    }

    private Answer incremental(RequestContext context, FetchRequestData request, boolean byId)
            throws InterruptedException {
        Optional<FetchSession> session = sessions.use(request.sessionId());
        if (session.isEmpty()) {
            return refused(Errors.FETCH_SESSION_ID_NOT_FOUND);
        }
        return switch (session.get().next(request, byId)) {
            case FetchSession.Turn.Refused(Errors error) -> {
                if (error == Errors.FETCH_SESSION_ID_NOT_FOUND) {
                    sessions.close(request.sessionId());
                }
                yield refused(error);
            }
            case FetchSession.Turn.Granted(List<AskedPartition> asked) -> {
                if (asked.isEmpty()) {
                    sessions.close(request.sessionId());
                    yield fetch(context, request, asked, new Course.Alone());
                }
                yield fetch(context, request, asked, new Course.GoingOn(session.get()));
            }
        };
    }

    private static Answer refused(Errors error) {
        return new Answer.Ready(new FetchResponseData().setErrorCode(error.code()));
    }

    private Answer fetch(RequestContext context, FetchRequestData request, List<AskedPartition> asked, Course course)
            throws InterruptedException {
        boolean committedOnly = request.isolationLevel() == READ_COMMITTED;
        FetchPlan plan = FetchPlan.of(context.version(), committedOnly, asked, partitions, leaders);
        int limit = Math.min(request.maxBytes(), memory.largestAnswer());
        FetchOutlook outlook = await(plan, request, limit);
        Answer.Ready answer = outlook.bytes() == 0 ? unread(plan) : read(plan, outlook, limit);
        FetchResponseData data = (FetchResponseData) answer.message();
        new FetchRedirects(context.version(), leaders).addTo(data, plan);
        follow(course, data);
        return answer;
    }

    private void follow(Course course, FetchResponseData data) {
        Optional<FetchSession> session = switch (course) {
            case Course.Alone alone -> Optional.empty();
            case Course.Beginning(List<AskedPartition> asked, boolean byId) -> sessions.open(asked, byId);
            case Course.GoingOn(FetchSession known) -> Optional.of(known);
        };
        session.ifPresent(kept -> {
            kept.keepNews(data);
            data.setSessionId(kept.id());
        });
    }

    /** What there is when it is enough, when waiting would not help, or when the time is up. */
    private FetchOutlook await(FetchPlan plan, FetchRequestData request, int limit) throws InterruptedException {
        Deadline deadline = Deadline.afterMillis(clock, Math.clamp((long) request.maxWaitMs(), 0, LONGEST_WAIT_MILLIS));
        int wanted = Math.min(request.minBytes(), limit);
        FetchOutlook outlook = plan.outlook(limit);
        List<PartitionLog> logs = plan.logs();
        if (outlook.settles(wanted) || logs.isEmpty() || deadline.passed(clock)) {
            return outlook;
        }
        Signal progress = new Signal();
        logs.forEach(log -> log.subscribe(progress));
        try {
            // Once more, for what was committed before the bell was hung up.
            outlook = plan.outlook(limit);
            while (!outlook.settles(wanted) && !deadline.passed(clock) && progress.await(clock, deadline)) {
                outlook = plan.outlook(limit);
                if (logs.size() > MANY_LOGS && !outlook.settles(wanted)) {
                    Duration pause = PAUSE_PER_LOG.multipliedBy(logs.size());
                    clock.sleep(Deadline.after(clock, pause).orSooner(deadline).left(clock));
                }
            }
            return outlook;
        } finally {
            logs.forEach(log -> log.unsubscribe(progress));
        }
    }

    private Answer.Ready read(FetchPlan plan, FetchOutlook outlook, int limit) throws InterruptedException {
        long most = Math.max(outlook.firstBytes(), Math.min(limit, outlook.bytes()));
        Optional<Share> room = memory.take(outlook.firstBytes(), most, Deadline.afterMillis(clock, ROOM_MILLIS));
        if (room.isEmpty()) {
            return unread(plan);
        }
        Share share = room.get();
        boolean answered = false;
        try {
            int bytes = (int) Math.min(limit, share.bytes());
            FetchResponseData data = plan.read(bytes, Deadline.afterMillis(clock, SLOW_READ_MILLIS), clock);
            FetchMemory.settle(share, data);
            answered = true;
            return new Answer.Ready(data, room);
        } finally {
            if (!answered) {
                share.close();
            }
        }
    }

    private static Answer.Ready unread(FetchPlan plan) throws InterruptedException {
        return new Answer.Ready(plan.readNothing());
    }
}
