// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import org.apache.kafka.common.message.DescribeAclsRequestData;
import org.apache.kafka.common.message.DescribeAclsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** DescribeAcls: there is no authorizer. Thread-safe. */
public final class DescribeAclsHandler implements ApiHandler<DescribeAclsRequestData> {

    @Override
    public ApiKeys api() {
        return ApiKeys.DESCRIBE_ACLS;
    }

    @Override
    public Answer handle(RequestContext context, DescribeAclsRequestData request) {
        return new Answer.Ready(new DescribeAclsResponseData()
                .setErrorCode(Errors.SECURITY_DISABLED.code())
                .setErrorMessage("No Authorizer is configured on the broker"));
    }
}
