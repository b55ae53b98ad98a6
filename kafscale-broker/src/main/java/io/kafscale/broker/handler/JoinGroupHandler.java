// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.group.GroupCoordinator;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/** JoinGroup: a consumer takes part in a group, and waits until the next generation begins. Thread-safe. */
public final class JoinGroupHandler implements ApiHandler<JoinGroupRequestData> {

    private final GroupCoordinator groups;

    public JoinGroupHandler(GroupCoordinator groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.JOIN_GROUP;
    }

    @Override
    public Answer handle(RequestContext context, JoinGroupRequestData request) throws InterruptedException {
        return new Answer.Ready(groups.join(GroupOrigin.of(context), request));
    }
}
