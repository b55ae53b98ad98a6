// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DescribeClusterHandlerTest {

    private BrokerFixture broker;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private DescribeClusterResponseData call(DescribeClusterRequestData request) throws InterruptedException {
        return BrokerFixture.call(
                new DescribeClusterHandler(broker.cluster.membership()), 2, request, DescribeClusterResponseData.class);
    }

    @Test
    void namesTheBrokersAndOneOfThemAsController() throws InterruptedException {
        DescribeClusterResponseData data = call(new DescribeClusterRequestData());

        assertThat(data.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(data.clusterId()).isEqualTo(broker.cluster.membership().clusterUuid());
        assertThat(data.brokers()).hasSize(1);
        assertThat(data.brokers().find(data.controllerId()).host()).isEqualTo(BrokerFixture.SELF.host());
        assertThat(data.clusterAuthorizedOperations()).isEqualTo(Integer.MIN_VALUE);
    }

    @Test
    void statesOperationsWhenAsked() throws InterruptedException {
        DescribeClusterResponseData data =
                call(new DescribeClusterRequestData().setIncludeClusterAuthorizedOperations(true));

        assertThat(data.clusterAuthorizedOperations()).isEqualTo(AuthorizedOperations.CLUSTER);
    }

    @Test
    void hasNoControllersToDescribe() throws InterruptedException {
        assertThat(call(new DescribeClusterRequestData().setEndpointType((byte) 2))
                        .errorCode())
                .isEqualTo(Errors.MISMATCHED_ENDPOINT_TYPE.code());
        assertThat(call(new DescribeClusterRequestData().setEndpointType((byte) 9))
                        .errorCode())
                .isEqualTo(Errors.UNSUPPORTED_ENDPOINT_TYPE.code());
    }
}
