// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.cluster.TopicConfigs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;

/** The settings of a topic as clients are shown them: every known one, with its value and where that is from. Stateless. */
final class TopicConfigList {

    /** Where the broker's name of a topic setting is neither the same nor the same behind {@code log.}. */
    private static final Map<String, String> BROKER_NAMES = Map.ofEntries(
            Map.entry("delete.retention.ms", "log.cleaner.delete.retention.ms"),
            Map.entry("file.delete.delay.ms", "log.segment.delete.delay.ms"),
            Map.entry("flush.messages", "log.flush.interval.messages"),
            Map.entry("flush.ms", "log.flush.interval.ms"),
            Map.entry("max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms"),
            Map.entry("max.message.bytes", "message.max.bytes"),
            Map.entry("min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio"),
            Map.entry("min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms"),
            Map.entry("segment.index.bytes", "log.index.size.max.bytes"),
            Map.entry("segment.jitter.ms", "log.roll.jitter.ms"),
            Map.entry("segment.ms", "log.roll.ms"));

    private static final List<String> NAMED_LIKE_THE_BROKERS =
            List.of("compression.", "min.insync.replicas", "unclean.leader.election.enable");

    private TopicConfigList() {}

    /** @param chosen defaults that the operator chose */
    static List<DescribedConfig> of(Topic topic, Map<String, String> chosen) {
        return TopicConfigs.keys().stream().map(key -> of(topic, key, chosen)).toList();
    }

    /** The broker-wide defaults behind the settings of topics, by the broker's names. */
    static List<DescribedConfig> brokerDefaults(Map<String, String> chosen) {
        List<DescribedConfig> settings = new ArrayList<>();
        for (TopicConfigs.Key key : TopicConfigs.keys()) {
            DescribedConfig.Synonym fallback = fallback(key, chosen);
            settings.add(new DescribedConfig(
                    fallback.name(),
                    fallback.value(),
                    fallback.source(),
                    true,
                    key.type(),
                    key.documentation(),
                    List.of(fallback)));
        }
        return settings;
    }

    /** The settings of a new topic, as the answer to its creation has them. */
    static List<CreatableTopicConfigs> ofCreated(Topic topic, Map<String, String> chosen) {
        return of(topic, chosen).stream()
                .map(setting -> new CreatableTopicConfigs()
                        .setName(setting.name())
                        .setValue(setting.value())
                        .setReadOnly(setting.readOnly())
                        .setConfigSource(setting.source().code()))
                .toList();
    }

    private static DescribedConfig of(Topic topic, TopicConfigs.Key key, Map<String, String> chosen) {
        boolean set = topic.configs().containsKey(key.name());
        DescribedConfig.Synonym fallback = fallback(key, chosen);
        String value = set ? TopicConfigs.value(topic.configs(), key) : fallback.value();
        ConfigSource source = set ? ConfigSource.TOPIC : fallback.source();
        List<DescribedConfig.Synonym> synonyms = new ArrayList<>();
        if (set) {
            synonyms.add(new DescribedConfig.Synonym(key.name(), value, source));
        }
        synonyms.add(fallback);
        return new DescribedConfig(key.name(), value, source, false, key.type(), key.documentation(), synonyms);
    }

    private static DescribedConfig.Synonym fallback(TopicConfigs.Key key, Map<String, String> chosen) {
        if (chosen.containsKey(key.name())) {
            return new DescribedConfig.Synonym(
                    brokerName(key.name()), TopicConfigs.value(chosen, key), ConfigSource.STATIC_BROKER);
        }
        return new DescribedConfig.Synonym(brokerName(key.name()), key.defaultValue(), ConfigSource.DEFAULT);
    }

    private static String brokerName(String name) {
        if (NAMED_LIKE_THE_BROKERS.stream().anyMatch(name::startsWith)) {
            return name;
        }
        return BROKER_NAMES.getOrDefault(name, "log." + name);
    }
}
