// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.cluster.Cluster;
import io.kafscale.broker.group.GroupCoordinator;
import io.kafscale.broker.handler.ApiHandler;
import io.kafscale.broker.handler.ApiRouter;
import io.kafscale.broker.handler.ApiVersionsHandler;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.protocol.VersionTable;
import io.kafscale.broker.time.Clock;
import java.util.List;

/** Makes the handlers of all APIs. Stateless. */
final class Handlers {

    private Handlers() {}

    static ApiRouter router(
            BrokerConfig config, Clock clock, PartitionLogs logs, Cluster cluster, GroupCoordinator groups) {
        List<ApiHandler<?>> handlers = List.of(new ApiVersionsHandler(
                VersionTable.current(),
                cluster.membership().clusterUuid(),
                cluster.membership().self().id()));
        return new ApiRouter(handlers);
    }
}
