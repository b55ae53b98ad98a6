// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.group.GroupCoordinator;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/** Heartbeat: a member shows that it lives, and learns whether a rebalance has begun. Thread-safe. */
public final class HeartbeatHandler implements ApiHandler<HeartbeatRequestData> {

    private final GroupCoordinator groups;

    public HeartbeatHandler(GroupCoordinator groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.HEARTBEAT;
    }

    @Override
    public Answer handle(RequestContext context, HeartbeatRequestData request) {
        return new Answer.Ready(groups.heartbeat(request));
    }
}
