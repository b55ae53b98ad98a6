// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static io.kafscale.broker.handler.Requests.produce;
import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.record.TestBatch;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class IncrementalAlterConfigsHandlerTest {

    private static final String SELF = Integer.toString(BrokerFixture.SELF.id());

    private BrokerFixture broker;
    private Topic topic;

    @BeforeEach
    void start() throws InterruptedException {
        broker = new BrokerFixture();
        topic = broker.topic("orders", 1, Map.of("retention.ms", "1000"));
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private static AlterableConfig operation(OpType type, String name, String value) {
        return new AlterableConfig().setConfigOperation(type.id()).setName(name).setValue(value);
    }

    private static AlterableConfig set(String name, String value) {
        return operation(OpType.SET, name, value);
    }

    private static AlterableConfig delete(String name) {
        return new AlterableConfig()
                .setConfigOperation(OpType.DELETE.id())
                .setName(name)
                .setValue(null);
    }

    private static AlterConfigsResource resource(ConfigResource.Type type, String name, AlterableConfig... configs) {
        AlterConfigsResource resource =
                new AlterConfigsResource().setResourceType(type.id()).setResourceName(name);
        for (AlterableConfig config : configs) {
            resource.configs().add(config);
        }
        return resource;
    }

    private static AlterConfigsResource orders(AlterableConfig... configs) {
        return resource(ConfigResource.Type.TOPIC, "orders", configs);
    }

    private AlterConfigsResourceResponse alter(AlterConfigsResource resource) throws InterruptedException {
        IncrementalAlterConfigsRequestData request = new IncrementalAlterConfigsRequestData();
        request.resources().add(resource);
        IncrementalAlterConfigsResponseData answer = call(RequestPolicy.DEFAULTS, request);
        assertThat(answer.responses()).hasSize(1);
        return answer.responses().get(0);
    }

    private IncrementalAlterConfigsResponseData call(RequestPolicy policy, IncrementalAlterConfigsRequestData request)
            throws InterruptedException {
        return BrokerFixture.call(
                new IncrementalAlterConfigsHandler(broker.cluster.catalog(), broker.cluster.membership(), policy),
                1,
                request,
                IncrementalAlterConfigsResponseData.class);
    }

    private void assertDone(AlterableConfig... configs) throws InterruptedException {
        AlterConfigsResourceResponse answer = alter(orders(configs));
        assertThat(answer.errorMessage()).isNull();
        assertThat(answer.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(answer.resourceName()).isEqualTo("orders");
        assertThat(answer.resourceType()).isEqualTo(ConfigResource.Type.TOPIC.id());
    }

    private void assertRefused(Errors error, String message, AlterConfigsResource resource)
            throws InterruptedException {
        AlterConfigsResourceResponse answer = alter(resource);
        assertThat(Errors.forCode(answer.errorCode())).isEqualTo(error);
        assertThat(answer.errorMessage()).contains(message);
        assertThat(configs()).isEqualTo(Map.of("retention.ms", "1000"));
    }

    private Map<String, String> configs() {
        return broker.cluster.catalog().find("orders").orElseThrow().configs();
    }

    private Errors produced() throws InterruptedException {
        return Errors.forCode(BrokerFixture.call(
                        broker.produce(), 9, produce(topic, 0, TestBatch.of("a").bytes()), ProduceResponseData.class)
                .responses()
                .iterator()
                .next()
                .partitionResponses()
                .get(0)
                .errorCode());
    }

    @Test
    void whatIsSetActsOnTheOpenLogAtOnce() throws InterruptedException {
        assertThat(produced()).isEqualTo(Errors.NONE);

        assertDone(set("max.message.bytes", "10"));
        assertThat(produced()).isEqualTo(Errors.MESSAGE_TOO_LARGE);

        assertDone(delete("max.message.bytes"));
        assertThat(produced()).isEqualTo(Errors.NONE);
    }

    @Test
    void whatIsNotNamedStays() throws InterruptedException {
        assertDone(set("segment.ms", "5"));
        assertThat(configs()).isEqualTo(Map.of("retention.ms", "1000", "segment.ms", "5"));

        assertDone(delete("retention.ms"), set("segment.ms", "6"), delete("flush.ms"));
        assertThat(configs()).isEqualTo(Map.of("segment.ms", "6"));
    }

    @Test
    void listsGainAndLoseElements() throws InterruptedException {
        assertDone(operation(OpType.APPEND, "cleanup.policy", "compact"));
        assertThat(configs()).containsEntry("cleanup.policy", "delete,compact");

        assertDone(operation(OpType.APPEND, "cleanup.policy", "compact,delete"));
        assertThat(configs()).containsEntry("cleanup.policy", "delete,compact");

        assertDone(operation(OpType.SUBTRACT, "cleanup.policy", "delete"));
        assertThat(configs()).containsEntry("cleanup.policy", "compact");
    }

    @Test
    void refusesToAppendToWhatIsNoList() throws InterruptedException {
        assertRefused(
                Errors.INVALID_CONFIG,
                "Can't APPEND to key retention.ms because its type is not LIST.",
                orders(operation(OpType.APPEND, "retention.ms", "5")));
        assertRefused(
                Errors.INVALID_CONFIG,
                "Can't SUBTRACT to key nonsense because its type is not LIST.",
                orders(operation(OpType.SUBTRACT, "nonsense", "5")));
    }

    @Test
    void refusesUnknownKeysAndBadValues() throws InterruptedException {
        assertRefused(Errors.INVALID_CONFIG, "Unknown topic config name: nonsense", orders(set("nonsense", "1")));
        assertRefused(Errors.INVALID_CONFIG, "retention.ms", orders(set("retention.ms", "soon")));
        assertRefused(
                Errors.INVALID_CONFIG, "cleanup.policy", orders(operation(OpType.APPEND, "cleanup.policy", "forget")));
    }

    @Test
    void refusesValuesThatAreMissingAndKeysThatComeTwice() throws InterruptedException {
        AlterableConfig nothing = new AlterableConfig()
                .setConfigOperation(OpType.SET.id())
                .setName("retention.ms")
                .setValue(null);

        assertRefused(Errors.INVALID_REQUEST, "Null value not supported for : retention.ms", orders(nothing));
        assertRefused(
                Errors.INVALID_REQUEST,
                "Error due to duplicate config keys",
                orders(set("retention.ms", "1"), delete("retention.ms")));
        assertRefused(
                Errors.INVALID_REQUEST,
                "Unknown operation 9",
                orders(new AlterableConfig()
                        .setConfigOperation((byte) 9)
                        .setName("retention.ms")
                        .setValue("1")));
    }

    @Test
    void refusesTopicsThatCannotBe() throws InterruptedException {
        assertRefused(
                Errors.UNKNOWN_TOPIC_OR_PARTITION,
                "",
                resource(ConfigResource.Type.TOPIC, "missing", set("retention.ms", "1")));
        assertRefused(
                Errors.INVALID_TOPIC_EXCEPTION,
                "a/b",
                resource(ConfigResource.Type.TOPIC, "a/b", set("retention.ms", "1")));
        assertRefused(
                Errors.INVALID_REQUEST,
                "Default topic resources are not allowed.",
                resource(ConfigResource.Type.TOPIC, "", set("retention.ms", "1")));
    }

    @Test
    void refusesToChangeBrokers() throws InterruptedException {
        AlterableConfig change = set("num.partitions", "7");

        assertRefused(
                Errors.INVALID_REQUEST,
                "Cannot update these configs dynamically: [num.partitions]",
                resource(ConfigResource.Type.BROKER, SELF, change));
        assertRefused(
                Errors.INVALID_REQUEST,
                "Cannot update these configs dynamically",
                resource(ConfigResource.Type.BROKER, "", change.duplicate()));
        assertRefused(
                Errors.INVALID_REQUEST,
                "Unexpected broker id",
                resource(ConfigResource.Type.BROKER, "99", change.duplicate()));
        assertRefused(
                Errors.INVALID_REQUEST,
                "cannot be changed",
                resource(ConfigResource.Type.CLIENT_METRICS, "x", change.duplicate()));
    }

    @Test
    void nothingIsSetForBrokersThatCouldNotBeTakenBack() throws InterruptedException {
        AlterConfigsResourceResponse answer =
                alter(resource(ConfigResource.Type.BROKER, SELF, delete("leader.replication.throttled.rate")));

        assertThat(answer.errorCode()).isEqualTo(Errors.NONE.code());
    }

    @Test
    void aTopicThatIsNamedTwiceIsNotChanged() throws InterruptedException {
        IncrementalAlterConfigsRequestData request = new IncrementalAlterConfigsRequestData();
        request.resources().add(orders(set("retention.ms", "1")));
        request.resources().add(orders(set("retention.ms", "2")));

        assertThat(call(RequestPolicy.DEFAULTS, request).responses()).hasSize(2).allSatisfy(answer -> {
            assertThat(answer.errorCode()).isEqualTo(Errors.INVALID_REQUEST.code());
            assertThat(answer.errorMessage()).isEqualTo("Each resource must appear at most once.");
        });
        assertThat(configs()).isEqualTo(Map.of("retention.ms", "1000"));
    }

    @Test
    void validatingChangesNothing() throws InterruptedException {
        IncrementalAlterConfigsRequestData request = new IncrementalAlterConfigsRequestData().setValidateOnly(true);
        request.resources().add(orders(set("retention.ms", "1")));

        assertThat(call(RequestPolicy.DEFAULTS, request).responses().get(0).errorCode())
                .isEqualTo(Errors.NONE.code());
        assertThat(configs()).isEqualTo(Map.of("retention.ms", "1000"));
    }

    @Test
    void refusesWhereAdministrationIsSwitchedOff() throws InterruptedException {
        IncrementalAlterConfigsRequestData request = new IncrementalAlterConfigsRequestData();
        request.resources().add(orders(set("retention.ms", "1")));

        assertThat(call(new RequestPolicy(true, 1, false, true), request)
                        .responses()
                        .get(0)
                        .errorCode())
                .isEqualTo(Errors.POLICY_VIOLATION.code());
    }
}
