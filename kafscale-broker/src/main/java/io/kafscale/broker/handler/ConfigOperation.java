// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.TopicConfigs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/** What IncrementalAlterConfigs may do to one setting (KIP-339). Made twice it makes the same as made once. Immutable. */
sealed interface ConfigOperation {

    String name();

    /**
     * Changes the settings of a topic.
     *
     * @param fallback what holds where the topic sets nothing
     */
    void applyTo(Map<String, String> configs, Map<String, String> fallback);

    /** Takes a value. */
    record Set(String name, String value) implements ConfigOperation {
        @Override
        public void applyTo(Map<String, String> configs, Map<String, String> fallback) {
            configs.put(name, value);
        }
    }

    /** Goes back to the default. */
    record Delete(String name) implements ConfigOperation {
        @Override
        public void applyTo(Map<String, String> configs, Map<String, String> fallback) {
            configs.remove(name);
        }
    }

    /** Gets elements that its list does not have. */
    record Append(String name, List<String> elements) implements ConfigOperation {
        @Override
        public void applyTo(Map<String, String> configs, Map<String, String> fallback) {
            List<String> list = list(name, configs, fallback);
            elements.stream().filter(element -> !list.contains(element)).forEach(list::add);
            configs.put(name, String.join(",", list));
        }
    }

    /** Loses elements of its list. */
    record Subtract(String name, List<String> elements) implements ConfigOperation {
        @Override
        public void applyTo(Map<String, String> configs, Map<String, String> fallback) {
            List<String> list = list(name, configs, fallback);
            list.removeAll(elements);
            configs.put(name, String.join(",", list));
        }
    }

    private static List<String> list(String name, Map<String, String> configs, Map<String, String> fallback) {
        String value = Optional.ofNullable(configs.get(name))
                .or(() -> Optional.ofNullable(fallback.get(name)))
                .or(() -> TopicConfigs.key(name).map(TopicConfigs.Key::defaultValue))
                .orElse("");
        return elements(value).collect(Collectors.toCollection(ArrayList::new));
    }

    private static Stream<String> elements(String value) {
        return Stream.of(value.split(",", -1)).map(String::strip).filter(element -> !element.isEmpty());
    }

    /** An operation as it was asked for, or why it cannot be done to any topic. Immutable. */
    sealed interface Reading {
        record Valid(ConfigOperation operation) implements Reading {}

        record Refused(ApiError error) implements Reading {}
    }

    /** Reads the operation of a request, whose value is there unless it deletes. */
    static Reading of(AlterableConfig config) {
        String value = Optional.ofNullable(config.value()).orElse("");
        return switch (config.configOperation()) {
            case 0 -> new Reading.Valid(new Set(config.name(), value));
            case 1 -> new Reading.Valid(new Delete(config.name()));
            case 2 ->
                ofList(
                        "APPEND",
                        config,
                        new Append(config.name(), elements(value).toList()));
            case 3 ->
                ofList(
                        "SUBTRACT",
                        config,
                        new Subtract(config.name(), elements(value).toList()));
            default ->
                new Reading.Refused(new ApiError(
                        Errors.INVALID_REQUEST,
                        "Unknown operation " + config.configOperation() + " on key " + config.name()));
        };
    }

    private static Reading ofList(String verb, AlterableConfig config, ConfigOperation operation) {
        boolean isList = TopicConfigs.key(config.name())
                .filter(key -> key.type() == TopicConfigs.Type.LIST)
                .isPresent();
        return isList
                ? new Reading.Valid(operation)
                : new Reading.Refused(new ApiError(
                        Errors.INVALID_CONFIG,
                        "Can't " + verb + " to key " + config.name() + " because its type is not LIST."));
    }
}
