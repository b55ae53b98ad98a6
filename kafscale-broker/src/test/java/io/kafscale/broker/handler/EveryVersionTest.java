// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.group.GroupCoordinator;
import io.kafscale.broker.protocol.VersionRange;
import io.kafscale.broker.protocol.VersionTable;
import io.kafscale.broker.record.TestBatch;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every version that is served can say every answer: a field that is set and that the version does not have would make
 * the encoder throw.
 */
@Timeout(60)
class EveryVersionTest {

    private static final Map<ApiKeys, VersionRange> SERVED =
            VersionTable.current().served();

    private static BrokerFixture broker;
    private static GroupCoordinator groups;
    private static VersionSamples samples;
    private static ApiRouter router;

    @BeforeAll
    static void start() throws InterruptedException {
        broker = new BrokerFixture();
        groups = broker.groups();
        Topic topic = broker.topic("orders", 3);
        BrokerFixture.message(BrokerFixture.send(
                broker.produce(),
                9,
                Requests.produce(topic, 0, TestBatch.of("a", "b").bytes())));
        broker.stopServing(topic, 2);
        samples = new VersionSamples(topic, groups);
        router = new ApiRouter(VersionSamples.handlers(broker, groups));
    }

    @AfterAll
    static void stop() {
        groups.close();
        broker.close();
    }

    static Stream<Arguments> versions() {
        return SERVED.entrySet().stream()
                .filter(served -> served.getKey() != ApiKeys.API_VERSIONS)
                .flatMap(served -> IntStream.rangeClosed(
                                served.getValue().first(), served.getValue().last())
                        .mapToObj(version -> Arguments.of(served.getKey(), version)));
    }

    @ParameterizedTest
    @MethodSource("versions")
    void saysItsAnswers(ApiKeys api, int version) throws InterruptedException {
        List<ApiMessage> requests = samples.of(api, version);

        assertThat(requests).isNotEmpty();
        for (ApiMessage request : requests) {
            ApiMessage decoded = Wire.request(api, (short) version, request);
            Answer answer = router.handle(BrokerFixture.context(api, version), decoded);
            ApiMessage received = Wire.response(api, (short) version, BrokerFixture.message(answer));
            assertThat(received.apiKey()).isEqualTo(api.id);
        }
    }

    @Test
    void everyServedApiHasAHandler() {
        assertThat(router.apis())
                .containsExactlyInAnyOrderElementsOf(SERVED.keySet().stream()
                        .filter(api -> api != ApiKeys.API_VERSIONS)
                        .toList());
    }
}
