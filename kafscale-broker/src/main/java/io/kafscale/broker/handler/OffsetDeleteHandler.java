// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.group.GroupCoordinator;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/** OffsetDelete: offsets of topics that nobody in the group wants any more are forgotten. Thread-safe. */
public final class OffsetDeleteHandler implements ApiHandler<OffsetDeleteRequestData> {

    private final GroupCoordinator groups;

    public OffsetDeleteHandler(GroupCoordinator groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.OFFSET_DELETE;
    }

    @Override
    public Answer handle(RequestContext context, OffsetDeleteRequestData request) throws InterruptedException {
        return new Answer.Ready(groups.deleteOffsets(request));
    }
}
