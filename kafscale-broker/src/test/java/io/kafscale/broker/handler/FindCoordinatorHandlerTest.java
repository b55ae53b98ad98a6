// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.faults.StoreCall;
import java.util.List;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FindCoordinatorHandlerTest {

    private static final byte TRANSACTION = 1;
    private static final byte SHARE = 2;

    private BrokerFixture broker;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private FindCoordinatorResponseData call(int version, FindCoordinatorRequestData request)
            throws InterruptedException {
        return BrokerFixture.call(
                new FindCoordinatorHandler(broker.cluster.membership()),
                version,
                request,
                FindCoordinatorResponseData.class);
    }

    @Test
    void findsTheCoordinatorOfAGroup() throws InterruptedException {
        FindCoordinatorResponseData data = call(3, new FindCoordinatorRequestData().setKey("group"));

        assertThat(data.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(data.nodeId()).isEqualTo(BrokerFixture.SELF.id());
        assertThat(data.host()).isEqualTo(BrokerFixture.SELF.host());
        assertThat(data.port()).isEqualTo(BrokerFixture.SELF.port());
    }

    @Test
    void findsManyInOneRequest() throws InterruptedException {
        FindCoordinatorResponseData data =
                call(4, new FindCoordinatorRequestData().setCoordinatorKeys(List.of("a", "b")));

        assertThat(data.coordinators()).extracting(Coordinator::key).containsExactly("a", "b");
        assertThat(data.coordinators()).extracting(Coordinator::nodeId).containsOnly(BrokerFixture.SELF.id());
    }

    @Test
    void namesNobodyWhileNobodyOwnsTheGroup() throws InterruptedException {
        FaultPlan plan = FaultPlan.none();
        for (int commit = 2; commit < 9; commit++) {
            plan.failing(StoreCall.METADATA_COMMIT, commit, new Fault.FailBefore());
        }
        broker.close();
        broker = new BrokerFixture(plan);

        FindCoordinatorResponseData data = call(3, new FindCoordinatorRequestData().setKey("group"));

        assertThat(data.errorCode()).isEqualTo(Errors.COORDINATOR_NOT_AVAILABLE.code());
        assertThat(data.nodeId()).isEqualTo(-1);
    }

    @Test
    void turnsTransactionalProducersAwayForGood() throws InterruptedException {
        FindCoordinatorRequestData old =
                new FindCoordinatorRequestData().setKey("tx").setKeyType(TRANSACTION);
        FindCoordinatorRequestData batched = new FindCoordinatorRequestData()
                .setCoordinatorKeys(List.of("tx"))
                .setKeyType(TRANSACTION);

        FindCoordinatorResponseData answer = call(3, old);
        Coordinator coordinator = call(5, batched).coordinators().get(0);

        assertThat(answer.errorCode()).isEqualTo(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED.code());
        assertThat(answer.errorMessage()).contains("transactional.id");
        assertThat(answer.nodeId()).isEqualTo(-1);
        assertThat(coordinator.errorCode()).isEqualTo(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED.code());
        assertThat(coordinator.errorMessage()).contains("transactional.id");
    }

    @Test
    void refusesOtherKinds() throws InterruptedException {
        FindCoordinatorRequestData share = new FindCoordinatorRequestData()
                .setCoordinatorKeys(List.of("s"))
                .setKeyType(SHARE);

        assertThat(call(5, share).coordinators().get(0).errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
    }
}
