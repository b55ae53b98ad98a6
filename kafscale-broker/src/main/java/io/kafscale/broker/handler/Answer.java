// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.bounds.Share;
import java.util.Optional;
import org.apache.kafka.common.protocol.ApiMessage;

/** What a handler has for a request. Immutable. */
public sealed interface Answer {

    /**
     * The answer, to be sent in its turn, and closed when it is out or given up.
     *
     * @param memory what the answer's records take of the budget for answers
     */
    record Ready(ApiMessage message, Optional<Share> memory) implements Answer, AutoCloseable {

        /** An answer too small to be counted. */
        public Ready(ApiMessage message) {
            this(message, Optional.empty());
        }

        @Override
        public void close() {
            memory.ifPresent(Share::close);
        }
    }

    /**
     * The answer will be known later: the connection's writer asks for it when its turn has come. Only produce answers
     * may be so, since only produce requests overlap.
     */
    record Later(Completion completion) implements Answer {}

    /** No answer is expected, as with acks=0. */
    record Silent() implements Answer {}

    /** The connection is closed, once earlier answers are out; the reason is logged. */
    record Disconnect(String reason) implements Answer {}

    /** Waits for an answer that is under way; ends within the request's own time limit, never with {@link Later}. */
    @FunctionalInterface
    interface Completion {
        Answer await() throws InterruptedException;
    }
}
