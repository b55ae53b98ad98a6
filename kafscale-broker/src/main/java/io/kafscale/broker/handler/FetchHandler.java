// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Signal;
import java.util.List;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchMetadata;

/**
 * Fetch: collects what is there and, when that is less than the client asks for, waits once for all partitions together
 * until a commit makes it enough or the request's time is up. Sessions (KIP-227) are not kept: every full request is
 * answered as one without a session, which clients accept. Thread-safe.
 */
public final class FetchHandler implements ApiHandler<FetchRequestData> {

    /** Most bytes of records in one answer, as {@code fetch.max.bytes} of Apache Kafka has it. */
    static final int MAX_ANSWER_BYTES = 55 * 1024 * 1024;

    private static final long SLOW_READ_MILLIS = 2_000;

    private final PartitionResolver partitions;
    private final LeaderDirectory leaders;
    private final Clock clock;

    public FetchHandler(PartitionResolver partitions, LeaderDirectory leaders, Clock clock) {
        this.partitions = partitions;
        this.leaders = leaders;
        this.clock = clock;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.FETCH;
    }

    @Override
    public Answer handle(RequestContext context, FetchRequestData request) throws InterruptedException {
        if (!new FetchMetadata(request.sessionId(), request.sessionEpoch()).isFull()) {
            return new Answer.Ready(new FetchResponseData().setErrorCode(Errors.FETCH_SESSION_ID_NOT_FOUND.code()));
        }
        FetchPlan plan = FetchPlan.of(context.version(), request, partitions, leaders);
        FetchResponseData data = collect(request, plan);
        return new Answer.Ready(new FetchRedirects(context.version(), leaders).addTo(data, plan));
    }

    private FetchResponseData collect(FetchRequestData request, FetchPlan plan) throws InterruptedException {
        long waitMillis = Math.max(0, request.maxWaitMs());
        Deadline deadline = Deadline.afterMillis(clock, waitMillis);
        Deadline patience = Deadline.afterMillis(clock, waitMillis + SLOW_READ_MILLIS);
        int minBytes = Math.min(request.minBytes(), Math.min(request.maxBytes(), MAX_ANSWER_BYTES));
        Signal progress = new Signal();
        List<PartitionLog> logs = plan.logs();
        logs.forEach(log -> log.subscribe(progress));
        try {
            FetchRound round = plan.read(MAX_ANSWER_BYTES, patience, clock);
            while (!round.conclusive()
                    && !logs.isEmpty()
                    && round.sizeBytes() < minBytes
                    && !deadline.passed(clock)
                    && progress.await(clock, deadline)) {
                round = plan.read(MAX_ANSWER_BYTES, patience, clock);
            }
            return round.data();
        } finally {
            logs.forEach(log -> log.unsubscribe(progress));
        }
    }
}
