// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/** Finds the handler of a request. Immutable, thus thread-safe. */
public final class ApiRouter {

    private final Map<ApiKeys, ApiHandler<?>> handlers = new EnumMap<>(ApiKeys.class);

    /** Takes one handler for each API; two for the same are a bug. */
    public ApiRouter(List<ApiHandler<?>> handlers) {
        for (ApiHandler<?> handler : handlers) {
            if (this.handlers.put(handler.api(), handler) != null) {
                throw new IllegalArgumentException("two handlers for " + handler.api());
            }
        }
    }

    /** The APIs that have a handler. */
    public Set<ApiKeys> apis() {
        return Collections.unmodifiableSet(handlers.keySet());
    }

    /** Has the API's handler answer; without one the connection is closed. */
    public Answer handle(RequestContext context, ApiMessage request) throws InterruptedException {
        Optional<ApiHandler<?>> handler = Optional.ofNullable(handlers.get(context.api()));
        return handler.isPresent()
                ? typed(handler.get()).handle(context, request)
                : new Answer.Disconnect("no handler for " + context.api());
    }

    /** Safe because the decoder makes the request's class from the API that chose the handler. */
    @SuppressWarnings("unchecked")
    private static ApiHandler<ApiMessage> typed(ApiHandler<?> handler) {
        return (ApiHandler<ApiMessage>) handler;
    }
}
