// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import java.util.List;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/** ListTransactions: there are none. Thread-safe. */
public final class ListTransactionsHandler implements ApiHandler<ListTransactionsRequestData> {

    private static final List<String> STATES = List.of(
            "Empty",
            "Ongoing",
            "PrepareCommit",
            "PrepareAbort",
            "CompleteCommit",
            "CompleteAbort",
            "Dead",
            "PrepareEpochFence");

    @Override
    public ApiKeys api() {
        return ApiKeys.LIST_TRANSACTIONS;
    }

    @Override
    public Answer handle(RequestContext context, ListTransactionsRequestData request) {
        return new Answer.Ready(new ListTransactionsResponseData()
                .setUnknownStateFilters(request.stateFilters().stream()
                        .filter(state -> !STATES.contains(state))
                        .toList()));
    }
}
