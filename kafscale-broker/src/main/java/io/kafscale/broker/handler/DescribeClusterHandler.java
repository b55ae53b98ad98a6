// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.BrokerNode;
import io.kafscale.broker.cluster.Membership;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** DescribeCluster: the brokers and the cluster's id. There are no controllers to be described apart. Thread-safe. */
public final class DescribeClusterHandler implements ApiHandler<DescribeClusterRequestData> {

    private static final byte BROKER_ENDPOINTS = 1;
    private static final byte CONTROLLER_ENDPOINTS = 2;

    private final Membership membership;

    public DescribeClusterHandler(Membership membership) {
        this.membership = membership;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DESCRIBE_CLUSTER;
    }

    @Override
    public Answer handle(RequestContext context, DescribeClusterRequestData request) {
        if (request.endpointType() != BROKER_ENDPOINTS) {
            Errors error = request.endpointType() == CONTROLLER_ENDPOINTS
                    ? Errors.MISMATCHED_ENDPOINT_TYPE
                    : Errors.UNSUPPORTED_ENDPOINT_TYPE;
            return new Answer.Ready(new DescribeClusterResponseData()
                    .setErrorCode(error.code())
                    .setErrorMessage("this is a broker, asked for endpoints of type " + request.endpointType()));
        }
        ClusterView view = ClusterView.of(membership);
        DescribeClusterResponseData data = new DescribeClusterResponseData()
                .setClusterId(membership.clusterUuid())
                .setControllerId(view.controllerId())
                .setClusterAuthorizedOperations(
                        request.includeClusterAuthorizedOperations()
                                ? AuthorizedOperations.CLUSTER
                                : AuthorizedOperations.NOT_ASKED);
        for (BrokerNode node : view.brokers()) {
            data.brokers()
                    .add(new DescribeClusterBroker()
                            .setBrokerId(node.id())
                            .setHost(node.host())
                            .setPort(node.port())
                            .setRack(node.rack().orElse(null)));
        }
        return new Answer.Ready(data);
    }
}
