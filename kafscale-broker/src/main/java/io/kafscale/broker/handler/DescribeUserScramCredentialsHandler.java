// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.message.DescribeUserScramCredentialsRequestData;
import org.apache.kafka.common.message.DescribeUserScramCredentialsRequestData.UserName;
import org.apache.kafka.common.message.DescribeUserScramCredentialsResponseData;
import org.apache.kafka.common.message.DescribeUserScramCredentialsResponseData.DescribeUserScramCredentialsResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** DescribeUserScramCredentials: there are none, of nobody. Thread-safe. */
public final class DescribeUserScramCredentialsHandler implements ApiHandler<DescribeUserScramCredentialsRequestData> {

    @Override
    public ApiKeys api() {
        return ApiKeys.DESCRIBE_USER_SCRAM_CREDENTIALS;
    }

    @Override
    public Answer handle(RequestContext context, DescribeUserScramCredentialsRequestData request) {
        DescribeUserScramCredentialsResponseData data =
                new DescribeUserScramCredentialsResponseData().setErrorMessage(null);
        Set<String> users = new LinkedHashSet<>();
        Set<String> repeated = new HashSet<>();
        for (UserName user : Optional.ofNullable(request.users()).orElse(List.of())) {
            if (!users.add(user.name())) {
                repeated.add(user.name());
            }
        }
        users.forEach(user -> data.results()
                .add(
                        repeated.contains(user)
                                ? failed(
                                        user,
                                        Errors.DUPLICATE_RESOURCE,
                                        "Cannot describe SCRAM credentials for the same user twice in a single request: ")
                                : failed(
                                        user,
                                        Errors.RESOURCE_NOT_FOUND,
                                        "Attempt to describe a user credential that does not exist: ")));
        return new Answer.Ready(data);
    }

    private static DescribeUserScramCredentialsResult failed(String user, Errors error, String message) {
        return new DescribeUserScramCredentialsResult()
                .setUser(user)
                .setErrorCode(error.code())
                .setErrorMessage(message + user);
    }
}
