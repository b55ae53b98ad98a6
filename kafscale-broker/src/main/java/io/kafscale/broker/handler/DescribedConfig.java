// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.TopicConfigs;
import java.util.List;

/**
 * One setting as DescribeConfigs shows it. Immutable.
 *
 * @param readOnly it cannot be changed while the broker runs
 * @param synonyms what was looked at for the value, what won first
 */
record DescribedConfig(
        String name,
        String value,
        ConfigSource source,
        boolean readOnly,
        TopicConfigs.Type type,
        String documentation,
        List<Synonym> synonyms) {

    DescribedConfig {
        synonyms = List.copyOf(synonyms);
    }

    /** A name under which a value was looked for. Immutable. */
    record Synonym(String name, String value, ConfigSource source) {}

    /** The type by the protocol's numbers. */
    byte typeCode() {
        return switch (type) {
            case BOOLEAN -> 1;
            case STRING -> 2;
            case INT -> 3;
            case LONG -> 5;
            case DOUBLE -> 6;
            case LIST -> 7;
        };
    }
}
