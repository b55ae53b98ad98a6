// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.load;

import java.util.Map;

/**
 * What a load is put on, and how.
 *
 * @param producerSettings beside the defaults and the patience that all producers of a load have
 * @param underWay how many records of a producer may be under way
 * @param watched with clients that hide no error: a producer that tries nothing twice, a reader of everything from the start
 */
public record LoadSettings(
        String bootstrap,
        String topic,
        int partitions,
        int valueBytes,
        Map<String, String> producerSettings,
        int underWay,
        boolean watched) {
    private static final int UNDER_WAY = 4_000;

    public LoadSettings {
        producerSettings = Map.copyOf(producerSettings);
    }

    /** Producers with default settings. */
    public static LoadSettings of(String bootstrap, String topic, int partitions, int valueBytes) {
        return new LoadSettings(bootstrap, topic, partitions, valueBytes, Map.of(), UNDER_WAY, false);
    }

    /** Producers that do as {@code settings} say. */
    public LoadSettings withProducers(Map<String, String> settings) {
        return new LoadSettings(bootstrap, topic, partitions, valueBytes, settings, underWay, watched);
    }

    /** With clients that hide no error, and so few records under way that hours of it can be looked at. */
    public LoadSettings watchedWith(int recordsUnderWay) {
        return new LoadSettings(bootstrap, topic, partitions, valueBytes, producerSettings, recordsUnderWay, true);
    }
}
