// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The settings that a topic may have: Kafka's names, types, defaults and bounds. Stateless. */
@SuppressWarnings("DoNotCallSuggester")
public final class TopicConfigs {

    private TopicConfigs() {}

    /** Kafka's types of settings. */
    public enum Type {
        BOOLEAN,
        INT,
        LONG,
        DOUBLE,
        STRING,
        LIST
    }

    /**
     * One known setting. Immutable.
     *
     * @param defaultValue as text
     * @param documentation one sentence or two
     */
    public record Key(String name, Type type, String defaultValue, String documentation) {}

    /** All known settings, in the order of their names. */
    public static List<Key> keys() {
        throw new UnsupportedOperationException();
    }

    public static Optional<Key> key(String name) {
        throw new UnsupportedOperationException(name);
    }

    /** What is wrong with the settings of a topic, naming the first bad one; empty when nothing is. */
    public static Optional<String> problem(Map<String, String> configs) {
        throw new UnsupportedOperationException(configs.toString());
    }

    /** The value in force: what was set for the topic, or the default. */
    public static String value(Map<String, String> configs, Key key) {
        throw new UnsupportedOperationException(configs.toString() + key);
    }
}
