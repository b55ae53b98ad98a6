// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.BrokerNode;
import io.kafscale.broker.cluster.Membership;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** FindCoordinator: which broker coordinates a group, one at a time or, from version 4 on, many. Thread-safe. */
public final class FindCoordinatorHandler implements ApiHandler<FindCoordinatorRequestData> {

    private static final short FIRST_VERSION_WITH_BATCHES = 4;
    private static final byte GROUP = 0;
    private static final byte TRANSACTION = 1;
    private static final String NO_HOST = "";
    private static final int NOBODY = -1;

    private final Membership membership;

    public FindCoordinatorHandler(Membership membership) {
        this.membership = membership;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.FIND_COORDINATOR;
    }

    @Override
    public Answer handle(RequestContext context, FindCoordinatorRequestData request) {
        FindCoordinatorResponseData data = new FindCoordinatorResponseData();
        if (context.version() >= FIRST_VERSION_WITH_BATCHES) {
            for (String key : request.coordinatorKeys()) {
                data.coordinators().add(find(request.keyType(), key));
            }
            return new Answer.Ready(data);
        }
        Coordinator found = find(request.keyType(), request.key());
        return new Answer.Ready(data.setErrorCode(found.errorCode())
                .setErrorMessage(found.errorMessage())
                .setNodeId(found.nodeId())
                .setHost(found.host())
                .setPort(found.port()));
    }

    private Coordinator find(byte keyType, String key) {
        return switch (keyType) {
            case GROUP ->
                membership
                        .coordinatorOf(key)
                        .map(node -> coordinator(key, node))
                        .orElseGet(() ->
                                failed(key, Errors.COORDINATOR_NOT_AVAILABLE, "no broker coordinates this group now"));
            // The one code at which the producers of Apache Kafka and librdkafka give up at once.
            case TRANSACTION ->
                failed(
                        key,
                        Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                        "this broker does not support transactions; unset transactional.id");
            default -> failed(key, Errors.INVALID_REQUEST, "no coordinators for keys of type " + keyType);
        };
    }

    private static Coordinator coordinator(String key, BrokerNode node) {
        return new Coordinator()
                .setKey(key)
                .setNodeId(node.id())
                .setHost(node.host())
                .setPort(node.port());
    }

    private static Coordinator failed(String key, Errors error, String message) {
        return new Coordinator()
                .setKey(key)
                .setNodeId(NOBODY)
                .setHost(NO_HOST)
                .setPort(NOBODY)
                .setErrorCode(error.code())
                .setErrorMessage(message);
    }
}
