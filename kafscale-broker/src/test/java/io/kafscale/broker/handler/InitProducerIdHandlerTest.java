// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class InitProducerIdHandlerTest {

    private BrokerFixture broker;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private InitProducerIdResponseData call(InitProducerIdRequestData request) throws InterruptedException {
        return BrokerFixture.call(
                new InitProducerIdHandler(broker.cluster.producerIds()), 4, request, InitProducerIdResponseData.class);
    }

    private static InitProducerIdRequestData idempotent() {
        return new InitProducerIdRequestData().setTransactionalId(null).setTransactionTimeoutMs(Integer.MAX_VALUE);
    }

    @Test
    void givesEachProducerAnIdOfItsOwn() throws InterruptedException {
        InitProducerIdResponseData first = call(idempotent());
        InitProducerIdResponseData second = call(idempotent());

        assertThat(first.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(first.producerId()).isNotNegative();
        assertThat(first.producerEpoch()).isZero();
        assertThat(second.producerId()).isNotEqualTo(first.producerId());
    }

    @Test
    void givesANewIdToAProducerThatHasOne() throws InterruptedException {
        long before = call(idempotent()).producerId();

        InitProducerIdResponseData again =
                call(idempotent().setProducerId(before).setProducerEpoch((short) 5));

        assertThat(again.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(again.producerId()).isNotEqualTo(before);
        assertThat(again.producerEpoch()).isZero();
    }

    @Test
    void wantsIdAndEpochTogether() throws InterruptedException {
        assertThat(call(idempotent().setProducerId(5)).errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
        assertThat(call(idempotent().setProducerEpoch((short) 5)).errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
    }

    @Test
    void turnsTransactionalProducersAwayForGood() throws InterruptedException {
        InitProducerIdResponseData answer = call(idempotent().setTransactionalId("tx"));

        assertThat(answer.errorCode()).isEqualTo(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED.code());
        assertThat(answer.producerId()).isEqualTo(-1);
        assertThat(call(idempotent().setTransactionalId("")).errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
    }
}
