// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.BrokerNode;
import io.kafscale.broker.cluster.TopicConfigs;
import java.util.ArrayList;
import java.util.List;

/** What this broker answers when it is asked for its settings, by Kafka's names; none can be changed by request. Stateless. */
final class BrokerConfigList {
    private BrokerConfigList() {}

    static List<DescribedConfig> of(BrokerNode self, RequestPolicy policy) {
        List<DescribedConfig> settings = new ArrayList<>(TopicConfigList.brokerDefaults(policy.topicDefaults()));
        String listener = "PLAINTEXT://" + self.host() + ":" + self.port();
        String id = Integer.toString(self.id());
        settings.add(setting("broker.id", TopicConfigs.Type.INT, id, "The id of this broker."));
        settings.add(setting("node.id", TopicConfigs.Type.INT, id, "The id of this broker."));
        settings.add(setting(
                "broker.rack", TopicConfigs.Type.STRING, self.rack().orElse(""), "The rack or zone of this broker."));
        settings.add(setting(
                "advertised.listeners",
                TopicConfigs.Type.LIST,
                listener,
                "The address that clients are told to connect to."));
        settings.add(setting(
                "listeners", TopicConfigs.Type.LIST, listener, "The address that clients are told to connect to."));
        settings.add(setting(
                "auto.create.topics.enable",
                TopicConfigs.Type.BOOLEAN,
                Boolean.toString(policy.autoCreateTopics()),
                "Whether a topic is made when a client asks for one that is not there."));
        settings.add(setting(
                "num.partitions",
                TopicConfigs.Type.INT,
                Integer.toString(policy.defaultPartitions()),
                "Partitions of a topic whose creator states no number."));
        settings.add(setting(
                "delete.topic.enable",
                TopicConfigs.Type.BOOLEAN,
                Boolean.toString(policy.adminAllowed()),
                "Whether topics can be deleted by request."));
        settings.add(setting(
                "default.replication.factor",
                TopicConfigs.Type.INT,
                "1",
                "Always 1: each partition has one owner, and storage is replicated below."));
        settings.add(setting(
                "authorizer.class.name", TopicConfigs.Type.STRING, "", "Empty: nothing is checked for authorization."));
        return List.copyOf(settings);
    }

    private static DescribedConfig setting(String name, TopicConfigs.Type type, String value, String documentation) {
        DescribedConfig.Synonym own = new DescribedConfig.Synonym(name, value, ConfigSource.STATIC_BROKER);
        return new DescribedConfig(name, value, ConfigSource.STATIC_BROKER, true, type, documentation, List.of(own));
    }
}
