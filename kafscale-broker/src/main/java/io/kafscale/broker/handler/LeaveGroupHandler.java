// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.group.GroupCoordinator;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/** LeaveGroup: members go, so that nobody waits for them. Thread-safe. */
public final class LeaveGroupHandler implements ApiHandler<LeaveGroupRequestData> {

    private final GroupCoordinator groups;

    public LeaveGroupHandler(GroupCoordinator groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.LEAVE_GROUP;
    }

    @Override
    public Answer handle(RequestContext context, LeaveGroupRequestData request) {
        return new Answer.Ready(groups.leave(request));
    }
}
