// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class TopicConfigsTest {

    @Test
    void knowsTheSettingsOfKafka4() {
        Set<String> names = new TreeSet<>(
                TopicConfigs.keys().stream().map(TopicConfigs.Key::name).toList());

        assertThat(names)
                .containsExactly(
                        "cleanup.policy",
                        "compression.gzip.level",
                        "compression.lz4.level",
                        "compression.type",
                        "compression.zstd.level",
                        "delete.retention.ms",
                        "file.delete.delay.ms",
                        "flush.messages",
                        "flush.ms",
                        "follower.replication.throttled.replicas",
                        "index.interval.bytes",
                        "leader.replication.throttled.replicas",
                        "local.retention.bytes",
                        "local.retention.ms",
                        "max.compaction.lag.ms",
                        "max.message.bytes",
                        "message.timestamp.after.max.ms",
                        "message.timestamp.before.max.ms",
                        "message.timestamp.type",
                        "min.cleanable.dirty.ratio",
                        "min.compaction.lag.ms",
                        "min.insync.replicas",
                        "preallocate",
                        "remote.log.copy.disable",
                        "remote.log.delete.on.disable",
                        "remote.storage.enable",
                        "retention.bytes",
                        "retention.ms",
                        "segment.bytes",
                        "segment.index.bytes",
                        "segment.jitter.ms",
                        "segment.ms",
                        "unclean.leader.election.enable");
    }

    @Test
    void everyDefaultIsAllowed() {
        for (TopicConfigs.Key key : TopicConfigs.keys()) {
            assertThat(key.problem(key.defaultValue())).as(key.name()).isEmpty();
            assertThat(key.documentation()).as(key.name()).endsWith(".");
        }
        assertThat(TopicConfigs.problem(Map.of())).isEmpty();
    }

    @Test
    void refusesBadValuesByName() {
        Map<String, String> bad = Map.ofEntries(
                Map.entry("retention.ms", "-2"),
                Map.entry("retention.bytes", "a lot"),
                Map.entry("segment.bytes", "1"),
                Map.entry("max.message.bytes", "4294967296"),
                Map.entry("message.timestamp.type", "createtime"),
                Map.entry("cleanup.policy", "delete,shred"),
                Map.entry("min.cleanable.dirty.ratio", "1.5"),
                Map.entry("preallocate", "maybe"),
                Map.entry("compression.type", "rar"),
                Map.entry("compression.gzip.level", "0"),
                Map.entry("min.insync.replicas", "0"));
        bad.forEach((name, value) -> assertThat(TopicConfigs.problem(Map.of(name, value)))
                .as(name)
                .hasValueSatisfying(problem ->
                        assertThat(problem).contains(name).contains(value).contains("must be")));
    }

    @Test
    void acceptsWhatToolsSend() {
        assertThat(TopicConfigs.problem(Map.of(
                        "cleanup.policy", "compact,delete",
                        "retention.ms", " 60000 ",
                        "preallocate", "TRUE",
                        "leader.replication.throttled.replicas", "0:1,1:2",
                        "compression.type", "zstd")))
                .isEmpty();
    }

    @Test
    void refusesCompactionLagsThatContradictEachOther() {
        assertThat(TopicConfigs.problem(Map.of("min.compaction.lag.ms", "10", "max.compaction.lag.ms", "9")))
                .hasValueSatisfying(problem -> assertThat(problem).contains("min.compaction.lag.ms"));
    }

    @Test
    void settingsAreReadWithTheirDefaults() {
        TopicSettings defaults = TopicSettings.of(Map.of());

        assertThat(defaults)
                .isEqualTo(new TopicSettings(
                        1_048_588,
                        false,
                        Long.MAX_VALUE,
                        3_600_000,
                        new TopicSettings.Keeping(604_800_000, -1, 67_108_864, 86_400_000),
                        Set.of("delete")));
        TopicSettings set = TopicSettings.of(Map.of(
                "max.message.bytes", "2000000",
                "message.timestamp.type", "LogAppendTime",
                "cleanup.policy", "compact, delete"));
        assertThat(set.maxMessageBytes()).isEqualTo(2_000_000);
        assertThat(set.logAppendTime()).isTrue();
        assertThat(set.cleanupPolicies()).isEqualTo(new HashSet<>(List.of("compact", "delete")));
    }
}
