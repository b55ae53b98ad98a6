// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.Membership;
import io.kafscale.broker.cluster.TopicCatalog;
import io.kafscale.broker.handler.ConfigAlteration.Repeats;
import io.kafscale.broker.handler.ConfigAlteration.Wish;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.ApiError;

/** IncrementalAlterConfigs: changes single settings of topics; what the request does not name stays. Thread-safe. */
public final class IncrementalAlterConfigsHandler implements ApiHandler<IncrementalAlterConfigsRequestData> {

    private static final byte DELETE = 1;

    private final ConfigAlteration alteration;

    public IncrementalAlterConfigsHandler(TopicCatalog catalog, Membership membership, RequestPolicy policy) {
        this.alteration = new ConfigAlteration(catalog, membership, policy);
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.INCREMENTAL_ALTER_CONFIGS;
    }

    @Override
    public Answer handle(RequestContext context, IncrementalAlterConfigsRequestData request) {
        Repeats repeats = new Repeats(request.resources().stream()
                .map(resource -> ConfigAlteration.resource(resource.resourceType(), resource.resourceName()))
                .toList());
        IncrementalAlterConfigsResponseData data = new IncrementalAlterConfigsResponseData();
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
        Wish wish = wish(resource);
        ApiError problem = alteration.problem(wish, repeats);
        if (problem.isFailure()) {
            return problem;
        }
        List<ConfigOperation> operations = new ArrayList<>();
        for (AlterableConfig config : resource.configs()) {
            switch (ConfigOperation.of(config)) {
                case ConfigOperation.Reading.Refused refused -> {
                    return refused.error();
                }
                case ConfigOperation.Reading.Valid valid -> operations.add(valid.operation());
            }
        }
        return alteration.change(wish, before -> applied(operations, before), validateOnly);
    }

    private static Wish wish(AlterConfigsResource resource) {
        List<AlterableConfig> setting = resource.configs().stream()
                .filter(config -> config.configOperation() != DELETE)
                .toList();
        return new Wish(
                resource.resourceType(),
                resource.resourceName(),
                resource.configs().stream().map(AlterableConfig::name).toList(),
                setting.stream()
                        .filter(config -> config.value() == null)
                        .map(AlterableConfig::name)
                        .toList(),
                setting.stream().map(AlterableConfig::name).toList());
    }

    private Map<String, String> applied(List<ConfigOperation> operations, Map<String, String> configs) {
        operations.forEach(operation -> operation.applyTo(configs, alteration.chosenDefaults()));
        return configs;
    }
}
