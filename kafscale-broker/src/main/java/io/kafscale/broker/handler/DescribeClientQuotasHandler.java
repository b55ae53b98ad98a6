// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import java.util.List;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData;
import org.apache.kafka.common.message.DescribeClientQuotasResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/** DescribeClientQuotas: there are none. Thread-safe. */
public final class DescribeClientQuotasHandler implements ApiHandler<DescribeClientQuotasRequestData> {

    @Override
    public ApiKeys api() {
        return ApiKeys.DESCRIBE_CLIENT_QUOTAS;
    }

    @Override
    public Answer handle(RequestContext context, DescribeClientQuotasRequestData request) {
        return new Answer.Ready(
                new DescribeClientQuotasResponseData().setErrorMessage(null).setEntries(List.of()));
    }
}
