// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.handler.ApiRouter;
import io.kafscale.broker.protocol.RequestDecoder;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Threads;

/** What all connections of a listener have in common. Immutable. */
record Service(
        NetworkLimits limits,
        Clock clock,
        Threads threads,
        RequestDecoder decoder,
        ApiRouter router,
        Common common,
        boolean traceRequests) {

    /** What they take from together. Immutable, but for the state of its parts, which are thread-safe. */
    record Common(FrameBudget budget, ByteBudget answers, RareWarnings warnings) {}

    FrameBudget budget() {
        return common.budget();
    }

    ByteBudget answers() {
        return common.answers();
    }

    RareWarnings warnings() {
        return common.warnings();
    }
}
