// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The settings of a topic that act, parsed, with defaults filled in. Immutable.
 *
 * @param maxMessageBytes largest batch, header included
 * @param logAppendTime true when records get the broker's time
 * @param timestampBeforeMaxMs how far in the past a record may be
 * @param timestampAfterMaxMs how far ahead a record may be
 * @param cleanupPolicies of {@code compact} and {@code delete}
 */
public record TopicSettings(
        int maxMessageBytes,
        boolean logAppendTime,
        long timestampBeforeMaxMs,
        long timestampAfterMaxMs,
        Keeping keeping,
        Set<String> cleanupPolicies) {

    /**
     * How long records are kept, and in what portions they are sealed. Immutable.
     *
     * @param retentionMs -1 for ever
     * @param retentionBytes -1 for any size
     * @param segmentBytes of one partition's data, at which it is sealed
     * @param segmentMs age of one partition's data, at which it is sealed
     */
    public record Keeping(long retentionMs, long retentionBytes, int segmentBytes, long segmentMs) {}

    /** In place of a value that cannot be read where the default would delete records. */
    private static final Map<String, String> KEEPING = Map.of(
            TopicConfigs.RETENTION_MS, "-1", TopicConfigs.RETENTION_BYTES, "-1", TopicConfigs.CLEANUP_POLICY, "");

    public TopicSettings {
        cleanupPolicies = Set.copyOf(cleanupPolicies);
    }

    /** Reads settings; one that cannot be read counts as unset, except that nothing is deleted because of it. */
    public static TopicSettings of(Map<String, String> stored) {
        Map<String, String> configs = new HashMap<>(stored);
        configs.replaceAll(TopicSettings::readable);
        return new TopicSettings(
                Math.toIntExact(TopicConfigs.number(configs, TopicConfigs.MAX_MESSAGE_BYTES)),
                TopicConfigs.text(configs, TopicConfigs.TIMESTAMP_TYPE).equals("LogAppendTime"),
                TopicConfigs.number(configs, TopicConfigs.TIMESTAMP_BEFORE_MAX_MS),
                TopicConfigs.number(configs, TopicConfigs.TIMESTAMP_AFTER_MAX_MS),
                keeping(configs),
                TopicConfigs.elements(TopicConfigs.text(configs, TopicConfigs.CLEANUP_POLICY))
                        .collect(Collectors.toUnmodifiableSet()));
    }

    private static Keeping keeping(Map<String, String> configs) {
        return new Keeping(
                TopicConfigs.number(configs, TopicConfigs.RETENTION_MS),
                TopicConfigs.number(configs, TopicConfigs.RETENTION_BYTES),
                Math.toIntExact(TopicConfigs.number(configs, TopicConfigs.SEGMENT_BYTES)),
                TopicConfigs.number(configs, TopicConfigs.SEGMENT_MS));
    }

    private static String readable(String name, String value) {
        return TopicConfigs.key(name)
                .filter(key -> key.problem(value).isPresent())
                .map(key -> KEEPING.getOrDefault(name, key.defaultValue()))
                .orElse(value);
    }
}
