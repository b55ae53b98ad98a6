// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.Membership;
import io.kafscale.broker.cluster.TopicCatalog;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** DescribeConfigs: the settings of topics and of this broker. Thread-safe. */
public final class DescribeConfigsHandler implements ApiHandler<DescribeConfigsRequestData> {

    private final TopicCatalog catalog;
    private final Membership membership;
    private final RequestPolicy policy;

    public DescribeConfigsHandler(TopicCatalog catalog, Membership membership, RequestPolicy policy) {
        this.catalog = catalog;
        this.membership = membership;
        this.policy = policy;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DESCRIBE_CONFIGS;
    }

    @Override
    public Answer handle(RequestContext context, DescribeConfigsRequestData request) {
        DescribeConfigsResponseData data = new DescribeConfigsResponseData();
        for (DescribeConfigsResource resource : request.resources()) {
            data.results()
                    .add(describe(resource, request)
                            .setResourceType(resource.resourceType())
                            .setResourceName(resource.resourceName()));
        }
        return new Answer.Ready(data);
    }

    private DescribeConfigsResult describe(DescribeConfigsResource resource, DescribeConfigsRequestData request) {
        return switch (ConfigResource.Type.forId(resource.resourceType())) {
            case TOPIC -> describeTopic(resource, request);
            case BROKER -> describeBroker(resource, request);
            default -> failed(Errors.INVALID_REQUEST, "no settings for resources of type " + resource.resourceType());
        };
    }

    private DescribeConfigsResult describeTopic(DescribeConfigsResource resource, DescribeConfigsRequestData request) {
        String name = resource.resourceName();
        if (!Topic.isValid(name)) {
            return failed(Errors.INVALID_TOPIC_EXCEPTION, "a topic cannot be named '" + name + "'");
        }
        return catalog.find(name)
                .map(topic -> show(TopicConfigList.of(topic, policy.topicDefaults()), resource, request))
                .orElseGet(() -> failed(Errors.UNKNOWN_TOPIC_OR_PARTITION, "no topic '" + name + "'"));
    }

    private DescribeConfigsResult describeBroker(DescribeConfigsResource resource, DescribeConfigsRequestData request) {
        String self = Integer.toString(membership.self().id());
        if (resource.resourceName().isEmpty()) {
            // What is set for all brokers at run time: nothing can be.
            return show(List.of(), resource, request);
        }
        if (!resource.resourceName().equals(self)) {
            return failed(Errors.INVALID_REQUEST, "this is broker " + self + ", not '" + resource.resourceName() + "'");
        }
        return show(BrokerConfigList.of(membership.self(), policy), resource, request);
    }

    private static DescribeConfigsResult show(
            List<DescribedConfig> settings, DescribeConfigsResource resource, DescribeConfigsRequestData request) {
        List<String> keys = resource.configurationKeys();
        Set<String> wanted = keys == null ? Set.of() : new HashSet<>(keys);
        return new DescribeConfigsResult()
                .setErrorMessage(null)
                .setConfigs(settings.stream()
                        .filter(setting -> wanted.isEmpty() || wanted.contains(setting.name()))
                        .map(setting -> show(setting, request))
                        .toList());
    }

    private static DescribeConfigsResourceResult show(DescribedConfig setting, DescribeConfigsRequestData request) {
        DescribeConfigsResourceResult result = new DescribeConfigsResourceResult()
                .setName(setting.name())
                .setValue(setting.value())
                .setReadOnly(setting.readOnly())
                .setConfigSource(setting.source().code())
                .setConfigType(setting.typeCode())
                .setDocumentation(request.includeDocumentation() ? setting.documentation() : null);
        if (request.includeSynonyms()) {
            setting.synonyms()
                    .forEach(synonym -> result.synonyms()
                            .add(new DescribeConfigsSynonym()
                                    .setName(synonym.name())
                                    .setValue(synonym.value())
                                    .setSource(synonym.source().code())));
        }
        return result;
    }

    private static DescribeConfigsResult failed(Errors error, String message) {
        return new DescribeConfigsResult().setErrorCode(error.code()).setErrorMessage(message);
    }
}
