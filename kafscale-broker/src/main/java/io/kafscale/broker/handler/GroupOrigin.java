// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.group.RequestOrigin;

/** Says in the words of {@code group} who asks. Stateless. */
final class GroupOrigin {
    private GroupOrigin() {}

    static RequestOrigin of(RequestContext context) {
        return new RequestOrigin(context.clientId(), context.clientHost(), context.version());
    }
}
