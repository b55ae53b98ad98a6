// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/** ListPartitionReassignments: none is ever under way, since the cluster places partitions by itself. Thread-safe. */
public final class ListPartitionReassignmentsHandler implements ApiHandler<ListPartitionReassignmentsRequestData> {

    @Override
    public ApiKeys api() {
        return ApiKeys.LIST_PARTITION_REASSIGNMENTS;
    }

    @Override
    public Answer handle(RequestContext context, ListPartitionReassignmentsRequestData request) {
        return new Answer.Ready(new ListPartitionReassignmentsResponseData().setErrorMessage(null));
    }
}
