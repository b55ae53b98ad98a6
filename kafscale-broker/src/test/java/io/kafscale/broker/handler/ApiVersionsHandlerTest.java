// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.protocol.VersionTable;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** What a client is told before it asks for anything else. */
class ApiVersionsHandlerTest {

    private final ApiVersionsHandler handler = new ApiVersionsHandler(VersionTable.current(), "a-cluster", 3);

    private ApiVersionsResponseData ask(int version, ApiVersionsRequestData request) {
        Answer answer = handler.handle(
                new RequestContext(ApiKeys.API_VERSIONS, (short) version, 1, "client", "/127.0.0.1"), request);
        return (ApiVersionsResponseData) ((Answer.Ready) answer).message();
    }

    private static ApiVersionsRequestData named() {
        return new ApiVersionsRequestData().setClientSoftwareName("librdkafka").setClientSoftwareVersion("2.3.0-RC1");
    }

    @Test
    void showsTheTable() {
        for (int version = 0; version <= 5; version++) {
            ApiVersionsResponseData answer = ask(version, version < 3 ? new ApiVersionsRequestData() : named());

            assertThat(answer.errorCode()).isEqualTo(Errors.NONE.code());
            assertShowsTheTable(answer);
        }
    }

    private static void assertShowsTheTable(ApiVersionsResponseData answer) {
        VersionTable.current().advertised().forEach((api, range) -> {
            var shown = answer.apiKeys().find(api.id);
            assertThat(shown.minVersion()).as("%s", api).isEqualTo(range.first());
            assertThat(shown.maxVersion()).as("%s", api).isEqualTo(range.last());
        });
        assertThat(answer.apiKeys()).hasSize(VersionTable.current().advertised().size());
    }

    @Test
    void showsProduceFromZeroForLibrdkafka() {
        assertThat(ask(3, named()).apiKeys().find(ApiKeys.PRODUCE.id).minVersion())
                .isZero();
    }

    @Test
    void showsAFinalizedMetadataVersion() {
        ApiVersionsResponseData answer = ask(4, named());

        assertThat(answer.finalizedFeaturesEpoch()).isZero();
        assertThat(answer.finalizedFeatures().find("metadata.version").maxVersionLevel())
                .isEqualTo((short) 25);
        assertThat(answer.supportedFeatures().find("metadata.version").maxVersion())
                .isGreaterThanOrEqualTo((short) 25);
        // A version below 4 of the answer cannot say that a feature begins at 0.
        assertThat(answer.supportedFeatures()).allMatch(feature -> feature.minVersion() > 0);
    }

    @Test
    void tellsAVersionToComeWhatThereIs() {
        for (int version : new int[] {6, 99, -1}) {
            ApiVersionsResponseData answer = ask(version, new ApiVersionsRequestData());

            assertThat(answer.errorCode()).isEqualTo(Errors.UNSUPPORTED_VERSION.code());
            assertShowsTheTable(answer);
        }
    }

    @Test
    void refusesSoftwareWithoutAName() {
        for (String bad : new String[] {"", "-client", "client-", "a b", "a\nb", "name(1)"}) {
            assertThat(ask(3, named().setClientSoftwareName(bad)).errorCode())
                    .as("name %s", bad)
                    .isEqualTo(Errors.INVALID_REQUEST.code());
            assertThat(ask(3, named().setClientSoftwareVersion(bad)).errorCode())
                    .as("version %s", bad)
                    .isEqualTo(Errors.INVALID_REQUEST.code());
        }
    }

    @Test
    void turnsAwayAClientThatMeansAnotherBroker() {
        assertThat(ask(5, named().setClusterId("a-cluster").setNodeId(3)).errorCode())
                .isEqualTo(Errors.NONE.code());
        assertThat(ask(5, named().setClusterId(null).setNodeId(-1)).errorCode()).isEqualTo(Errors.NONE.code());

        assertThat(ask(5, named().setClusterId("a-cluster").setNodeId(4)).errorCode())
                .isEqualTo(Errors.REBOOTSTRAP_REQUIRED.code());
        assertThat(ask(5, named().setClusterId("another").setNodeId(3)).errorCode())
                .isEqualTo(Errors.REBOOTSTRAP_REQUIRED.code());
    }

    @Test
    void wantsBothTheClusterAndTheBrokerOrNeither() {
        assertThat(ask(5, named().setClusterId("a-cluster").setNodeId(-1)).errorCode())
                .isEqualTo(Errors.INVALID_REQUEST.code());
        assertThat(ask(5, named().setClusterId(null).setNodeId(3)).errorCode())
                .isEqualTo(Errors.INVALID_REQUEST.code());
    }
}
