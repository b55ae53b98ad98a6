// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.load;

import java.util.Map;

/**
 * What a load is put on, and how.
 *
 * @param producerSettings beside the defaults and the patience that all producers of a load have
 */
public record LoadSettings(
        String bootstrap, String topic, int partitions, int valueBytes, Map<String, String> producerSettings) {
    public LoadSettings {
        producerSettings = Map.copyOf(producerSettings);
    }

    /** Producers with default settings. */
    public static LoadSettings of(String bootstrap, String topic, int partitions, int valueBytes) {
        return new LoadSettings(bootstrap, topic, partitions, valueBytes, Map.of());
    }

    /** Producers that do as {@code settings} say. */
    public LoadSettings withProducers(Map<String, String> settings) {
        return new LoadSettings(bootstrap, topic, partitions, valueBytes, settings);
    }
}
