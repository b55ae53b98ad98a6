// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.TopicConfigs;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeConfigsResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DescribeConfigsHandlerTest {

    private static final byte FROM_TOPIC = 1;
    private static final byte FROM_BROKER = 4;
    private static final byte FROM_DEFAULT = 5;

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

    private DescribeConfigsResult call(int version, DescribeConfigsRequestData request) throws InterruptedException {
        DescribeConfigsHandler handler = new DescribeConfigsHandler(
                broker.cluster.catalog(), broker.cluster.membership(), RequestPolicy.DEFAULTS);
        DescribeConfigsResponseData data =
                BrokerFixture.call(handler, version, request, DescribeConfigsResponseData.class);
        assertThat(data.results()).hasSize(1);
        return data.results().get(0);
    }

    private static DescribeConfigsRequestData about(ConfigResource.Type type, String name, String... keys) {
        return new DescribeConfigsRequestData()
                .setResources(List.of(new DescribeConfigsResource()
                        .setResourceType(type.id())
                        .setResourceName(name)
                        .setConfigurationKeys(keys.length == 0 ? null : List.of(keys))));
    }

    private static DescribeConfigsResourceResult config(DescribeConfigsResult result, String name) {
        return result.configs().stream()
                .filter(config -> config.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void showsEverySettingOfATopic() throws InterruptedException {
        DescribeConfigsResult result = call(4, about(ConfigResource.Type.TOPIC, "orders"));

        assertThat(result.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(result.configs())
                .extracting(DescribeConfigsResourceResult::name)
                .containsExactlyElementsOf(
                        TopicConfigs.keys().stream().map(TopicConfigs.Key::name).toList());
        assertThat(config(result, "retention.ms")).satisfies(config -> {
            assertThat(config.value()).isEqualTo("1000");
            assertThat(config.configSource()).isEqualTo(FROM_TOPIC);
            assertThat(config.readOnly()).isFalse();
        });
        assertThat(config(result, "cleanup.policy")).satisfies(config -> {
            assertThat(config.value()).isEqualTo("delete");
            assertThat(config.configSource()).isEqualTo(FROM_DEFAULT);
        });
    }

    @Test
    void showsOnlyTheSettingsAskedFor() throws InterruptedException {
        DescribeConfigsResult result =
                call(4, about(ConfigResource.Type.TOPIC, "orders", "segment.ms", "no.such.setting"));

        assertThat(result.configs())
                .extracting(DescribeConfigsResourceResult::name)
                .containsExactly("segment.ms");
    }

    @Test
    void showsSynonymsAndDocumentationOnlyWhenAsked() throws InterruptedException {
        DescribeConfigsRequestData plain = about(ConfigResource.Type.TOPIC, "orders", "retention.ms");
        DescribeConfigsRequestData full = about(ConfigResource.Type.TOPIC, "orders", "retention.ms")
                .setIncludeSynonyms(true)
                .setIncludeDocumentation(true);

        assertThat(config(call(4, plain), "retention.ms").synonyms()).isEmpty();
        assertThat(config(call(4, plain), "retention.ms").documentation()).isNull();
        DescribeConfigsResourceResult config = config(call(4, full), "retention.ms");
        assertThat(config.synonyms())
                .extracting(DescribeConfigsSynonym::name)
                .containsExactly("retention.ms", "log.retention.ms");
        assertThat(config.synonyms())
                .extracting(DescribeConfigsSynonym::source)
                .containsExactly(FROM_TOPIC, FROM_DEFAULT);
        assertThat(config.documentation()).isNotBlank();
    }

    @ParameterizedTest
    @EnumSource
    void writesTypesAsKafkaReadsThem(TopicConfigs.Type type) {
        DescribedConfig config =
                new DescribedConfig("name", "value", ConfigSource.DEFAULT, true, type, "text", List.of());

        assertThat(DescribeConfigsResponse.ConfigType.forId(config.typeCode()).name())
                .isEqualTo(type.name());
    }

    @Test
    void knowsNoSuchTopic() throws InterruptedException {
        assertThat(call(4, about(ConfigResource.Type.TOPIC, "missing")).errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(call(4, about(ConfigResource.Type.TOPIC, "a/b")).errorCode())
                .isEqualTo(Errors.INVALID_TOPIC_EXCEPTION.code());
    }

    @Test
    void showsTheSettingsOfThisBroker() throws InterruptedException {
        DescribeConfigsRequestData request =
                about(ConfigResource.Type.BROKER, "3").setIncludeSynonyms(true).setIncludeDocumentation(true);

        DescribeConfigsResult result = call(4, request);

        assertThat(result.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(config(result, "node.id")).satisfies(config -> {
            assertThat(config.value()).isEqualTo("3");
            assertThat(config.configSource()).isEqualTo(FROM_BROKER);
        });
        assertThat(config(result, "advertised.listeners").value()).isEqualTo("PLAINTEXT://broker-3.example:9092");
        assertThat(config(result, "auto.create.topics.enable").value()).isEqualTo("true");
        assertThat(config(result, "message.max.bytes").value()).isEqualTo("1048588");
        assertThat(config(result, "log.roll.ms").value()).isEqualTo("86400000");
        assertThat(config(result, "min.insync.replicas").value()).isEqualTo("1");
        assertThat(result.configs()).allSatisfy(config -> {
            assertThat(config.readOnly()).isTrue();
            assertThat(config.documentation()).isNotBlank();
            assertThat(config.synonyms()).isNotEmpty();
        });
        assertThat(result.configs())
                .extracting(DescribeConfigsResourceResult::name)
                .doesNotHaveDuplicates();
    }

    @Test
    void hasNothingThatIsSetForAllBrokers() throws InterruptedException {
        DescribeConfigsResult result = call(4, about(ConfigResource.Type.BROKER, ""));

        assertThat(result.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(result.configs()).isEmpty();
    }

    @Test
    void answersForNoOtherBrokerAndNoOtherKind() throws InterruptedException {
        assertThat(call(4, about(ConfigResource.Type.BROKER, "9")).errorCode())
                .isEqualTo(Errors.INVALID_REQUEST.code());
        assertThat(call(4, about(ConfigResource.Type.BROKER, "x")).errorCode())
                .isEqualTo(Errors.INVALID_REQUEST.code());
        assertThat(call(4, about(ConfigResource.Type.BROKER_LOGGER, "3")).errorCode())
                .isEqualTo(Errors.INVALID_REQUEST.code());
    }
}
