// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.log.AppendResult;
import io.kafscale.broker.record.BatchValidator;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.Pending;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProduceAnswerTest {

    private BrokerFixture broker;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private ProduceAnswer answer(Outcome outcome) {
        Admission accepted = new Admission.Accepted(Pending.completed(outcome));
        List<ProduceAnswer.Partition> partitions = List.of(new ProduceAnswer.Partition(0, accepted));
        return new ProduceAnswer(
                (short) 9, List.of(new ProduceAnswer.Topic("orders", Uuid.ZERO_UUID, partitions)), broker.leaders);
    }

    private PartitionProduceResponse settled(Outcome outcome) throws InterruptedException {
        return answer(outcome)
                .await(new ManualClock(), Deadline.NEVER)
                .responses()
                .iterator()
                .next()
                .partitionResponses()
                .get(0);
    }

    @Test
    void isDefiniteOnlyWhereNothingWasAppended() throws InterruptedException {
        assertThat(settled(new Outcome.NotAppended("disk full")))
                .satisfies(response -> assertThat(response.errorCode()).isEqualTo(Errors.KAFKA_STORAGE_ERROR.code()))
                .satisfies(response -> assertThat(response.errorMessage()).isEqualTo("disk full"));
        assertThat(settled(new Outcome.Unknown("no answer")).errorCode()).isEqualTo(Errors.REQUEST_TIMED_OUT.code());
    }

    @Test
    void tellsWhatWentWrongWhereNobodyWaits() {
        assertThat(answer(new Outcome.NotAppended("disk full")).firstError()).hasValue("orders-0 KAFKA_STORAGE_ERROR");
        assertThat(answer(new Outcome.Committed(0, -1, 0)).firstError()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void neverMakesAProducerStartAnewForARefusal(AppendResult.Reason reason) {
        assertThat(KnownErrors.of(reason))
                .isNotIn(Errors.UNKNOWN_SERVER_ERROR, Errors.UNKNOWN_PRODUCER_ID, Errors.NONE);
    }

    @ParameterizedTest
    @EnumSource
    void neverMakesAProducerStartAnewForABadBatch(BatchValidator.Problem problem) {
        assertThat(KnownErrors.of(problem))
                .isNotIn(Errors.UNKNOWN_SERVER_ERROR, Errors.UNKNOWN_PRODUCER_ID, Errors.NONE);
    }
}
