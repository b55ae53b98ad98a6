// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import org.apache.kafka.common.message.DeleteAclsRequestData;
import org.apache.kafka.common.message.DeleteAclsResponseData;
import org.apache.kafka.common.message.DeleteAclsResponseData.DeleteAclsFilterResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** DeleteAcls: there is no authorizer. Thread-safe. */
public final class DeleteAclsHandler implements ApiHandler<DeleteAclsRequestData> {

    @Override
    public ApiKeys api() {
        return ApiKeys.DELETE_ACLS;
    }

    @Override
    public Answer handle(RequestContext context, DeleteAclsRequestData request) {
        DeleteAclsResponseData data = new DeleteAclsResponseData();
        request.filters()
                .forEach(filter -> data.filterResults()
                        .add(new DeleteAclsFilterResult()
                                .setErrorCode(Errors.SECURITY_DISABLED.code())
                                .setErrorMessage("No Authorizer is configured.")));
        return new Answer.Ready(data);
    }
}
