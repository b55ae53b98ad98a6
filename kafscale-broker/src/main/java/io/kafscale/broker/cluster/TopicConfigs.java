// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import io.kafscale.broker.cluster.TopicConfigs.Allowed.AnyText;
import io.kafscale.broker.cluster.TopicConfigs.Allowed.Decimal;
import io.kafscale.broker.cluster.TopicConfigs.Allowed.ListOf;
import io.kafscale.broker.cluster.TopicConfigs.Allowed.OneOf;
import io.kafscale.broker.cluster.TopicConfigs.Allowed.Whole;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The settings that a topic may have: Kafka's names, types, defaults and bounds. Those that act are read through {@link
 * TopicSettings}; the others are kept and described, so that tools which set them work. Stateless.
 */
public final class TopicConfigs {

    static final String MAX_MESSAGE_BYTES = "max.message.bytes";
    static final String TIMESTAMP_TYPE = "message.timestamp.type";
    static final String TIMESTAMP_BEFORE_MAX_MS = "message.timestamp.before.max.ms";
    static final String TIMESTAMP_AFTER_MAX_MS = "message.timestamp.after.max.ms";
    static final String RETENTION_MS = "retention.ms";
    static final String RETENTION_BYTES = "retention.bytes";
    static final String CLEANUP_POLICY = "cleanup.policy";
    static final String SEGMENT_BYTES = "segment.bytes";
    static final String SEGMENT_MS = "segment.ms";
    private static final String MIN_COMPACTION_LAG_MS = "min.compaction.lag.ms";
    private static final String MAX_COMPACTION_LAG_MS = "max.compaction.lag.ms";

    private static final String FOREVER = Long.toString(Long.MAX_VALUE);
    private static final SortedMap<String, Key> KEYS = table();

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

    /** Which values a setting takes. Immutable. */
    public sealed interface Allowed {

        boolean accepts(String value);

        /** As it stands in an error message. */
        String text();

        record Whole(long least, long most) implements Allowed {
            @Override
            public boolean accepts(String value) {
                try {
                    long number = Long.parseLong(value);
                    return number >= least && number <= most;
                } catch (NumberFormatException e) {
                    return false;
                }
            }

            @Override
            public String text() {
                return "a whole number from " + least + " to " + most;
            }
        }

        record Decimal(double least, double most) implements Allowed {
            @Override
            public boolean accepts(String value) {
                try {
                    double number = Double.parseDouble(value);
                    return number >= least && number <= most;
                } catch (NumberFormatException e) {
                    return false;
                }
            }

            @Override
            public String text() {
                return "a number from " + least + " to " + most;
            }
        }

        record OneOf(List<String> values) implements Allowed {
            @Override
            public boolean accepts(String value) {
                return values.contains(value);
            }

            @Override
            public String text() {
                return "one of " + String.join(", ", values);
            }
        }

        record ListOf(List<String> values) implements Allowed {
            @Override
            public boolean accepts(String value) {
                return elements(value).allMatch(values::contains);
            }

            @Override
            public String text() {
                return "a comma-separated list of " + String.join(", ", values);
            }
        }

        record AnyText() implements Allowed {
            @Override
            public boolean accepts(String value) {
                return true;
            }

            @Override
            public String text() {
                return "any text";
            }
        }
    }

    /**
     * One known setting. Immutable.
     *
     * @param defaultValue as text
     * @param documentation one sentence or two
     */
    public record Key(String name, Type type, String defaultValue, Allowed allowed, String documentation) {

        /** What is wrong with a value; empty when nothing is. */
        public Optional<String> problem(String value) {
            return allowed.accepts(normalized(value))
                    ? Optional.empty()
                    : Optional.of(
                            "Invalid value " + value + " for configuration " + name + ": must be " + allowed.text());
        }

        private String normalized(String value) {
            return type == Type.BOOLEAN ? value.strip().toLowerCase(Locale.ROOT) : value.strip();
        }
    }

    /** All known settings, in the order of their names. */
    public static List<Key> keys() {
        return List.copyOf(KEYS.values());
    }

    public static Optional<Key> key(String name) {
        return Optional.ofNullable(KEYS.get(name));
    }

    /** What is wrong with the settings of a topic, naming the first bad one; empty when nothing is. */
    public static Optional<String> problem(Map<String, String> configs) {
        for (Map.Entry<String, String> config : new TreeMap<>(configs).entrySet()) {
            Optional<String> problem = key(config.getKey())
                    .map(key -> key.problem(config.getValue()))
                    .orElseGet(() -> Optional.of("Unknown topic config name: " + config.getKey()));
            if (problem.isPresent()) {
                return problem;
            }
        }
        return number(configs, MIN_COMPACTION_LAG_MS) > number(configs, MAX_COMPACTION_LAG_MS)
                ? Optional.of("conflict between " + MIN_COMPACTION_LAG_MS + " and " + MAX_COMPACTION_LAG_MS
                        + ": the former must not be larger")
                : Optional.empty();
    }

    /** The value in force: what was set for the topic, or the default. */
    public static String value(Map<String, String> configs, Key key) {
        return configs.getOrDefault(key.name(), key.defaultValue());
    }

    static String text(Map<String, String> configs, String name) {
        return key(name)
                .map(key -> value(configs, key).strip())
                .orElseThrow(() -> new IllegalArgumentException("unknown topic config " + name));
    }

    static long number(Map<String, String> configs, String name) {
        return Long.parseLong(text(configs, name));
    }

    static Stream<String> elements(String list) {
        return Stream.of(list.split(",", -1)).map(String::strip).filter(element -> !element.isEmpty());
    }

    private static SortedMap<String, Key> table() {
        SortedMap<String, Key> keys = new TreeMap<>();
        Stream.of(acting(), compaction(), compression(), kept(), tiers())
                .flatMap(List::stream)
                .forEach(key -> keys.put(key.name(), key));
        return Collections.unmodifiableSortedMap(keys);
    }

    private static List<Key> acting() {
        return List.of(
                ints(MAX_MESSAGE_BYTES, "1048588", 0, "The largest record batch that is accepted, in bytes."),
                longs(TIMESTAMP_AFTER_MAX_MS, "3600000", 0, "How far ahead of the broker's clock a record may be."),
                longs(TIMESTAMP_BEFORE_MAX_MS, FOREVER, 0, "How far behind the broker's clock a record may be."),
                new Key(
                        TIMESTAMP_TYPE,
                        Type.STRING,
                        "CreateTime",
                        new OneOf(List.of("CreateTime", "LogAppendTime")),
                        "Whether records keep the producer's time or get the broker's."),
                longs(RETENTION_BYTES, "-1", Long.MIN_VALUE, "How large a partition may grow; -1 for any size."),
                longs(RETENTION_MS, "604800000", -1, "How long records are kept; -1 for ever."),
                ints(SEGMENT_BYTES, "67108864", 1024 * 1024, "Size at which a partition's data is sealed."),
                longs(SEGMENT_MS, "86400000", 1, "Age at which a partition's data is sealed."),
                new Key(
                        CLEANUP_POLICY,
                        Type.LIST,
                        "delete",
                        new ListOf(List.of("compact", "delete")),
                        "Whether old records are deleted, compacted, or both; empty for neither."));
    }

    private static List<Key> compaction() {
        return List.of(
                longs("delete.retention.ms", "86400000", 0, "How long a compacted topic keeps tombstones."),
                longs(MAX_COMPACTION_LAG_MS, FOREVER, 1, "How long a record may stay uncompacted."),
                longs(MIN_COMPACTION_LAG_MS, "0", 0, "How long a record stays uncompacted at least."),
                new Key(
                        "min.cleanable.dirty.ratio",
                        Type.DOUBLE,
                        "0.5",
                        new Decimal(0, 1),
                        "Share of uncompacted data at which compaction begins."));
    }

    private static List<Key> compression() {
        return List.of(
                new Key(
                        "compression.type",
                        Type.STRING,
                        "producer",
                        new OneOf(List.of("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer")),
                        "Kept for tools; batches stay compressed as the producer sent them."),
                new Key(
                        "compression.gzip.level",
                        Type.INT,
                        "-1",
                        new OneOf(List.of("-1", "1", "2", "3", "4", "5", "6", "7", "8", "9")),
                        "Kept for tools, as is compression.type."),
                new Key(
                        "compression.lz4.level",
                        Type.INT,
                        "9",
                        new Whole(1, 17),
                        "Kept for tools, as is compression.type."),
                new Key(
                        "compression.zstd.level",
                        Type.INT,
                        "3",
                        new Whole(-131072, 22),
                        "Kept for tools, as is compression.type."));
    }

    private static List<Key> kept() {
        return List.of(
                longs("file.delete.delay.ms", "60000", 0, "Kept for tools; there are no local files to delete."),
                longs("flush.messages", FOREVER, 1, "Kept for tools; every acknowledged record is durable."),
                longs("flush.ms", FOREVER, 0, "Kept for tools; every acknowledged record is durable."),
                text("follower.replication.throttled.replicas", "Kept for tools; there are no followers."),
                text("leader.replication.throttled.replicas", "Kept for tools; there are no followers."),
                ints("index.interval.bytes", "4096", 0, "Kept for tools; the format sets the interval."),
                ints("min.insync.replicas", "1", 1, "Kept for tools; the object store replicates."),
                bool("preallocate", "Kept for tools; there are no local files."),
                ints("segment.index.bytes", "10485760", 4, "Kept for tools; the format sets the size."),
                longs("segment.jitter.ms", "0", 0, "Kept for tools; sealing always has jitter."),
                bool("unclean.leader.election.enable", "Kept for tools; no election loses data."));
    }

    private static List<Key> tiers() {
        return List.of(
                longs("local.retention.bytes", "-2", -2, "Kept for tools; all data is in the object store."),
                longs("local.retention.ms", "-2", -2, "Kept for tools; all data is in the object store."),
                bool("remote.log.copy.disable", "Kept for tools; all data is in the object store."),
                bool("remote.log.delete.on.disable", "Kept for tools; all data is in the object store."),
                bool("remote.storage.enable", "Kept for tools; all data is in the object store."));
    }

    private static Key ints(String name, String defaultValue, int least, String documentation) {
        return new Key(name, Type.INT, defaultValue, new Whole(least, Integer.MAX_VALUE), documentation);
    }

    private static Key longs(String name, String defaultValue, long least, String documentation) {
        return new Key(name, Type.LONG, defaultValue, new Whole(least, Long.MAX_VALUE), documentation);
    }

    private static Key bool(String name, String documentation) {
        return new Key(name, Type.BOOLEAN, "false", new OneOf(List.of("true", "false")), documentation);
    }

    private static Key text(String name, String documentation) {
        return new Key(name, Type.LIST, "", new AnyText(), documentation);
    }
}
