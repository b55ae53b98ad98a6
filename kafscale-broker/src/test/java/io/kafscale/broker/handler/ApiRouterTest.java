// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;

/** Requests find their handler. */
class ApiRouterTest {

    private static final Answer ANSWER = new Answer.Ready(new MetadataResponseData());

    private static final ApiHandler<MetadataRequestData> METADATA = new ApiHandler<>() {
        @Override
        public ApiKeys api() {
            return ApiKeys.METADATA;
        }

        @Override
        public Answer handle(RequestContext context, MetadataRequestData request) {
            return ANSWER;
        }
    };

    private static RequestContext context(ApiKeys api) {
        return new RequestContext(api, (short) 0, 1, "client", "/127.0.0.1");
    }

    @Test
    void asksTheHandlerOfTheApi() throws Exception {
        ApiRouter router = new ApiRouter(List.of(METADATA));

        assertThat(router.handle(context(ApiKeys.METADATA), new MetadataRequestData()))
                .isSameAs(ANSWER);
        assertThat(router.apis()).containsExactly(ApiKeys.METADATA);
    }

    @Test
    void disconnectsWhereNobodyAnswers() throws Exception {
        ApiRouter router = new ApiRouter(List.of(METADATA));

        assertThat(router.handle(context(ApiKeys.HEARTBEAT), new HeartbeatRequestData()))
                .isInstanceOf(Answer.Disconnect.class);
    }

    @Test
    void refusesTwoHandlersForOneApi() {
        assertThatThrownBy(() -> new ApiRouter(List.of(METADATA, METADATA)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("METADATA");
    }
}
