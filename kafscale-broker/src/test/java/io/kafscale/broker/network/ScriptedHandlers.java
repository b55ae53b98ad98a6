// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import io.kafscale.broker.handler.Answer;
import io.kafscale.broker.handler.ApiHandler;
import io.kafscale.broker.handler.ApiRouter;
import io.kafscale.broker.handler.RequestContext;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.SystemClock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * Handlers that do what a test says: produce answers come when the test gives them, metadata at once, and any other API
 * as set. Records what was asked for, in order. Thread-safe.
 */
final class ScriptedHandlers {

    /** What a handler of one API does. */
    @FunctionalInterface
    interface Script {
        Answer answer(RequestContext context, ApiMessage request) throws InterruptedException;
    }

    private final Clock clock = new SystemClock();
    private final Map<Integer, Pending<Answer>> produced = new ConcurrentHashMap<>();
    private final List<String> events = new CopyOnWriteArrayList<>();
    private final Semaphore produceRequests = new Semaphore(0);
    private final Map<ApiKeys, Script> scripts = new ConcurrentHashMap<>();

    ScriptedHandlers() {
        on(ApiKeys.PRODUCE, (context, request) -> {
            events.add("produce " + context.correlationId());
            produceRequests.release();
            return later(context.correlationId());
        });
        on(ApiKeys.METADATA, (context, request) -> {
            events.add("metadata " + context.correlationId());
            return new Answer.Ready(new MetadataResponseData());
        });
        on(ApiKeys.HEARTBEAT, (context, request) -> new Answer.Ready(new HeartbeatResponseData()));
    }

    void on(ApiKeys api, Script script) {
        scripts.put(api, script);
    }

    Answer later(int correlationId) {
        return new Answer.Later(
                () -> pending(correlationId).await(clock, Deadline.NEVER).orElseThrow());
    }

    ApiRouter router() {
        return new ApiRouter(
                scripts.keySet().stream().<ApiHandler<?>>map(this::handler).toList());
    }

    private ApiHandler<ApiMessage> handler(ApiKeys api) {
        return new ApiHandler<>() {
            @Override
            public ApiKeys api() {
                return api;
            }

            @Override
            public Answer handle(RequestContext context, ApiMessage request) throws InterruptedException {
                return scripts.getOrDefault(api, (c, r) -> new Answer.Disconnect("no script"))
                        .answer(context, request);
            }
        };
    }

    private Pending<Answer> pending(int correlationId) {
        return produced.computeIfAbsent(correlationId, id -> new Pending<>());
    }

    /** Gives the produce request of that correlation id its answer. */
    void complete(int correlationId) {
        complete(correlationId, new Answer.Ready(new ProduceResponseData()));
    }

    void complete(int correlationId, Answer answer) {
        events.add("completed " + correlationId);
        pending(correlationId).complete(answer);
    }

    /** Waits until so many further produce requests were handled. */
    void awaitProduceRequests(int count) throws InterruptedException {
        produceRequests.acquire(count);
    }

    /** Produce requests handled and not awaited yet. */
    int unawaitedProduceRequests() {
        return produceRequests.availablePermits();
    }

    List<String> events() {
        return List.copyOf(events);
    }
}
