// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.Membership;
import io.kafscale.broker.cluster.TopicCatalog;
import io.kafscale.broker.handler.ConfigAlteration.Repeats;
import io.kafscale.broker.handler.ConfigAlteration.Wish;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.ApiError;

/** AlterConfigs: replaces all that is set for a topic; what the request does not name goes back to its default. Thread-safe. */
public final class AlterConfigsHandler implements ApiHandler<AlterConfigsRequestData> {

    private final ConfigAlteration alteration;

    public AlterConfigsHandler(TopicCatalog catalog, Membership membership, RequestPolicy policy) {
        this.alteration = new ConfigAlteration(catalog, membership, policy);
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.ALTER_CONFIGS;
    }

    @Override
    public Answer handle(RequestContext context, AlterConfigsRequestData request) {
        Repeats repeats = new Repeats(request.resources().stream()
                .map(resource -> ConfigAlteration.resource(resource.resourceType(), resource.resourceName()))
                .toList());
        AlterConfigsResponseData data = new AlterConfigsResponseData();
        for (AlterConfigsResource resource : request.resources()) {
            ApiError error = alter(resource, repeats, request.validateOnly());
            data.responses()
                    .add(new AlterConfigsResourceResponse()
                            .setErrorCode(error.error().code())
                            .setErrorMessage(error.isSuccess() ? null : error.messageWithFallback())
                            .setResourceType(resource.resourceType())
                            .setResourceName(resource.resourceName()));
        }
        return new Answer.Ready(data);
    }

    private ApiError alter(AlterConfigsResource resource, Repeats repeats, boolean validateOnly) {
        List<String> keys =
                resource.configs().stream().map(AlterableConfig::name).toList();
        List<String> withoutValue = resource.configs().stream()
                .filter(config -> config.value() == null)
                .map(AlterableConfig::name)
                .toList();
        Wish wish = new Wish(resource.resourceType(), resource.resourceName(), keys, withoutValue, keys);
        ApiError problem = alteration.problem(wish, repeats);
        if (problem.isFailure()) {
            return problem;
        }
        Map<String, String> configs = new HashMap<>();
        resource.configs().forEach(config -> configs.put(config.name(), config.value()));
        return alteration.change(wish, before -> configs, validateOnly);
    }
}
