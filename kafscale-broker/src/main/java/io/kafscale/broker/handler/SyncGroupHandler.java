// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.group.GroupCoordinator;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/** SyncGroup: the leader hands out assignments, the others wait for theirs. Thread-safe. */
public final class SyncGroupHandler implements ApiHandler<SyncGroupRequestData> {

    private final GroupCoordinator groups;

    public SyncGroupHandler(GroupCoordinator groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.SYNC_GROUP;
    }

    @Override
    public Answer handle(RequestContext context, SyncGroupRequestData request) throws InterruptedException {
        return new Answer.Ready(groups.sync(request));
    }
}
