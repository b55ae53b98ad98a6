// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.BrokerNode;
import io.kafscale.broker.cluster.Membership;
import io.kafscale.broker.cluster.TopicCatalog;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/**
 * What AlterConfigs and IncrementalAlterConfigs have in common: the settings of topics can be changed, those of brokers
 * cannot. Thread-safe.
 */
final class ConfigAlteration {

    private final TopicCatalog catalog;
    private final Membership membership;
    private final RequestPolicy policy;

    ConfigAlteration(TopicCatalog catalog, Membership membership, RequestPolicy policy) {
        this.catalog = catalog;
        this.membership = membership;
        this.policy = policy;
    }

    /**
     * What is asked for one resource. Immutable.
     *
     * @param type by the protocol's numbers
     * @param keys that are mentioned
     * @param withoutValue those of them that need a value and have none
     * @param values those of them that are to get a value
     */
    record Wish(byte type, String name, List<String> keys, List<String> withoutValue, List<String> values) {
        Wish {
            keys = List.copyOf(keys);
            withoutValue = List.copyOf(withoutValue);
            values = List.copyOf(values);
        }
    }

    /** The resources that a request names more than once, none of which is changed. */
    static final class Repeats {
        private final Set<String> repeated = new HashSet<>();

        Repeats(Collection<String> resources) {
            Set<String> seen = new HashSet<>();
            resources.stream().filter(resource -> !seen.add(resource)).forEach(repeated::add);
        }

        boolean has(String resource) {
            return repeated.contains(resource);
        }
    }

    static String resource(byte type, String name) {
        return type + " " + name;
    }

    /** What is wrong with a wish by itself; none when a topic is to be changed. */
    ApiError problem(Wish wish, Repeats repeats) {
        if (repeats.has(resource(wish.type(), wish.name()))) {
            return new ApiError(Errors.INVALID_REQUEST, "Each resource must appear at most once.");
        }
        if (new HashSet<>(wish.keys()).size() < wish.keys().size()) {
            return new ApiError(Errors.INVALID_REQUEST, "Error due to duplicate config keys");
        }
        if (!wish.withoutValue().isEmpty()) {
            return new ApiError(
                    Errors.INVALID_REQUEST, "Null value not supported for : " + String.join(", ", wish.withoutValue()));
        }
        return switch (ConfigResource.Type.forId(wish.type())) {
            case TOPIC -> ofTopic(wish.name());
            case BROKER -> ofBroker(wish);
            default ->
                new ApiError(
                        Errors.INVALID_REQUEST, "settings of resources of type " + wish.type() + " cannot be changed");
        };
    }

    private ApiError ofTopic(String name) {
        if (!policy.adminAllowed()) {
            return KnownErrors.adminRefused();
        }
        if (name.isEmpty()) {
            return new ApiError(Errors.INVALID_REQUEST, "Default topic resources are not allowed.");
        }
        try {
            Topic.validate(name);
            return ApiError.NONE;
        } catch (InvalidTopicException e) {
            return ApiError.fromThrowable(e);
        }
    }

    /** Nothing is set for brokers at run time, so there is nothing to be taken back either, which is no error. */
    private ApiError ofBroker(Wish wish) {
        BrokerNode self = membership.self();
        if (!wish.name().isEmpty() && !wish.name().equals(Integer.toString(self.id()))) {
            return new ApiError(
                    Errors.INVALID_REQUEST,
                    "Unexpected broker id, expected " + self.id() + ", but received " + wish.name());
        }
        return wish.values().isEmpty()
                ? ApiError.NONE
                : new ApiError(
                        Errors.INVALID_REQUEST,
                        "Cannot update these configs dynamically: " + wish.values()
                                + "; a broker reads its settings when it starts");
    }

    /** Changes a topic whose wish has no problem. */
    ApiError change(Wish wish, UnaryOperator<Map<String, String>> change, boolean validateOnly) {
        return ConfigResource.Type.forId(wish.type()) == ConfigResource.Type.TOPIC
                ? KnownErrors.of(catalog.alterConfigs(wish.name(), change, validateOnly))
                : ApiError.NONE;
    }

    /** What holds where a topic sets nothing, as far as the operator chose it. */
    Map<String, String> chosenDefaults() {
        return policy.topicDefaults();
    }
}
