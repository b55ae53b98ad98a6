// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.group.GroupCoordinator;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/** DeleteGroups: groups without members are forgotten, with their offsets. Thread-safe. */
public final class DeleteGroupsHandler implements ApiHandler<DeleteGroupsRequestData> {

    private final GroupCoordinator groups;

    public DeleteGroupsHandler(GroupCoordinator groups) {
        this.groups = groups;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DELETE_GROUPS;
    }

    @Override
    public Answer handle(RequestContext context, DeleteGroupsRequestData request) throws InterruptedException {
        return new Answer.Ready(groups.delete(request));
    }
}
