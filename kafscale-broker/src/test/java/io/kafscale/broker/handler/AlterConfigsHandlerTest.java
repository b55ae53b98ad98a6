// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AlterConfigsHandlerTest {

    private BrokerFixture broker;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
        broker.topic("orders", 1, Map.of("retention.ms", "1000"));
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private AlterConfigsResourceResponse alter(
            ConfigResource.Type type, String name, boolean validateOnly, AlterableConfig... configs)
            throws InterruptedException {
        AlterConfigsResource resource =
                new AlterConfigsResource().setResourceType(type.id()).setResourceName(name);
        for (AlterableConfig config : configs) {
            resource.configs().add(config);
        }
        AlterConfigsRequestData request = new AlterConfigsRequestData().setValidateOnly(validateOnly);
        request.resources().add(resource);
        AlterConfigsResponseData answer = BrokerFixture.call(
                new AlterConfigsHandler(broker.cluster.catalog(), broker.cluster.membership(), RequestPolicy.DEFAULTS),
                2,
                request,
                AlterConfigsResponseData.class);
        assertThat(answer.responses()).hasSize(1);
        return answer.responses().get(0);
    }

    private static AlterableConfig config(String name, String value) {
        return new AlterableConfig().setName(name).setValue(value);
    }

    private Map<String, String> configs() {
        return broker.cluster.catalog().find("orders").orElseThrow().configs();
    }

    @Test
    void whatIsNotNamedGoesBackToItsDefault() throws InterruptedException {
        AlterConfigsResourceResponse answer =
                alter(ConfigResource.Type.TOPIC, "orders", false, config("segment.ms", "5"));

        assertThat(answer.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(answer.errorMessage()).isNull();
        assertThat(configs()).isEqualTo(Map.of("segment.ms", "5"));
    }

    @Test
    void validatingChangesNothing() throws InterruptedException {
        assertThat(alter(ConfigResource.Type.TOPIC, "orders", true, config("segment.ms", "5"))
                        .errorCode())
                .isEqualTo(Errors.NONE.code());
        assertThat(alter(ConfigResource.Type.TOPIC, "orders", true, config("segment.ms", "x"))
                        .errorCode())
                .isEqualTo(Errors.INVALID_CONFIG.code());

        assertThat(configs()).isEqualTo(Map.of("retention.ms", "1000"));
    }

    @Test
    void refusesAValueThatIsMissing() throws InterruptedException {
        AlterConfigsResourceResponse answer = alter(
                ConfigResource.Type.TOPIC,
                "orders",
                false,
                new AlterableConfig().setName("segment.ms").setValue(null));

        assertThat(answer.errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
        assertThat(answer.errorMessage()).isEqualTo("Null value not supported for : segment.ms");
    }

    @Test
    void refusesToChangeThisBroker() throws InterruptedException {
        String self = Integer.toString(BrokerFixture.SELF.id());

        assertThat(alter(ConfigResource.Type.BROKER, self, false, config("num.partitions", "7"))
                        .errorMessage())
                .startsWith("Cannot update these configs dynamically: [num.partitions]");
        assertThat(alter(ConfigResource.Type.BROKER, self, false).errorCode()).isEqualTo(Errors.NONE.code());
    }
}
