// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import org.apache.kafka.common.message.CreateAclsRequestData;
import org.apache.kafka.common.message.CreateAclsResponseData;
import org.apache.kafka.common.message.CreateAclsResponseData.AclCreationResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** CreateAcls: there is no authorizer. Thread-safe. */
public final class CreateAclsHandler implements ApiHandler<CreateAclsRequestData> {

    @Override
    public ApiKeys api() {
        return ApiKeys.CREATE_ACLS;
    }

    @Override
    public Answer handle(RequestContext context, CreateAclsRequestData request) {
        CreateAclsResponseData data = new CreateAclsResponseData();
        request.creations()
                .forEach(creation -> data.results()
                        .add(new AclCreationResult()
                                .setErrorCode(Errors.SECURITY_DISABLED.code())
                                .setErrorMessage("No Authorizer is configured.")));
        return new Answer.Ready(data);
    }
}
