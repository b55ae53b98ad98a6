// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.ProducerIds;
import io.kafscale.broker.metadata.MetadataException;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * InitProducerId: gives an idempotent producer an id that was never used before, with epoch 0, also when it states an id
 * of its own (as Apache Kafka does). Transactional producers are refused. Thread-safe.
 */
public final class InitProducerIdHandler implements ApiHandler<InitProducerIdRequestData> {

    private static final long NO_ID = -1;
    private static final short NO_EPOCH = -1;

    private final ProducerIds ids;

    public InitProducerIdHandler(ProducerIds ids) {
        this.ids = ids;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.INIT_PRODUCER_ID;
    }

    @Override
    public Answer handle(RequestContext context, InitProducerIdRequestData request) {
        if (request.transactionalId() != null) {
            return failed(
                    request.transactionalId().isEmpty()
                            ? Errors.INVALID_REQUEST
                            : Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
        }
        if ((request.producerId() == NO_ID) != (request.producerEpoch() == NO_EPOCH)) {
            return failed(Errors.INVALID_REQUEST);
        }
        try {
            return new Answer.Ready(
                    new InitProducerIdResponseData().setProducerId(ids.next()).setProducerEpoch((short) 0));
        } catch (MetadataException noBlock) {
            return failed(Errors.COORDINATOR_LOAD_IN_PROGRESS);
        }
    }

    private static Answer failed(Errors error) {
        return new Answer.Ready(new InitProducerIdResponseData()
                .setErrorCode(error.code())
                .setProducerId(NO_ID)
                .setProducerEpoch(NO_EPOCH));
    }
}
