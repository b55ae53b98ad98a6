// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.client;

import static io.kafscale.it.client.Session.at;
import static io.kafscale.it.client.Session.check;
import static io.kafscale.it.client.Session.checkEquals;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.ConsumerGroupListing;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** What tools ask a broker. Stateless. */
final class AdminCalls {
    private AdminCalls() {}

    static void topics(Session session) throws Exception {
        try (Admin admin = session.admin();
                KafkaConsumer<String, String> consumer = session.consumer()) {
            DescribeClusterResult cluster = admin.describeCluster();
            checkEquals(1, cluster.nodes().get().size(), "brokers");
            check(
                    cluster.nodes().get().contains(cluster.controller().get()),
                    "the controller is not among the brokers");
            check(!cluster.clusterId().get().isEmpty(), "no cluster id");

            NewTopic topic = new NewTopic(session.name(), 3, (short) 1).configs(Map.of("retention.ms", "86400000"));
            admin.createTopics(List.of(topic)).all().get();
            check(admin.listTopics().names().get().contains(session.name()), "a created topic is not listed");
            checkEquals(3, consumer.partitionsFor(session.name()).size(), "partitions");
            checkFails(
                    TopicExistsException.class,
                    admin.createTopics(List.of(topic)).all());

            NewTopic defaults = new NewTopic(session.name() + "-defaults", Optional.empty(), Optional.empty());
            admin.createTopics(List.of(defaults)).all().get();
            check(!consumer.partitionsFor(defaults.name()).isEmpty(), "no partitions by default");
            NewTopic misnamed = new NewTopic("../" + session.name(), 1, (short) 1);
            checkFails(
                    InvalidTopicException.class,
                    admin.createTopics(List.of(misnamed)).all());

            session.send(1, 0, 10);
            checkEquals(0L, offset(admin, session, OffsetSpec.earliest()), "earliest offset");
            checkEquals(10L, offset(admin, session, OffsetSpec.latest()), "latest offset");

            admin.deleteTopics(List.of(session.name(), defaults.name())).all().get();
            check(!admin.listTopics().names().get().contains(session.name()), "a deleted topic is listed");
            checkFails(
                    UnknownTopicOrPartitionException.class,
                    admin.deleteTopics(List.of(session.name())).all());
            admin.createTopics(List.of(topic)).all().get();
            checkEquals(0L, offset(admin, session, OffsetSpec.latest()), "latest offset of a topic created again");
        }
    }

    static void configs(Session session) throws Exception {
        try (Admin admin = session.admin()) {
            NewTopic topic = new NewTopic(session.name(), 1, (short) 1).configs(Map.of("retention.ms", "86400000"));
            admin.createTopics(List.of(topic)).all().get();
            Config ofTopic = describe(admin, new ConfigResource(ConfigResource.Type.TOPIC, session.name()));
            checkEquals("86400000", ofTopic.get("retention.ms").value(), "a setting of the topic's own");
            checkEquals("delete", ofTopic.get("cleanup.policy").value(), "a default");
            check(ofTopic.get("cleanup.policy").isDefault(), "a default that is shown as set");
            check(!ofTopic.get("retention.ms").isDefault(), "a setting that is shown as a default");
            changeConfigs(session, admin);

            String broker = admin.describeCluster().controller().get().idString();
            Config ofBroker = describe(admin, new ConfigResource(ConfigResource.Type.BROKER, broker));
            check(!ofBroker.entries().isEmpty(), "a broker without settings");
        }
    }

    private static void changeConfigs(Session session, Admin admin) throws Exception {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, session.name());
        admin.incrementalAlterConfigs(Map.of(
                        topic,
                        List.of(
                                change("retention.ms", "", AlterConfigOp.OpType.DELETE),
                                change("segment.ms", "60000", AlterConfigOp.OpType.SET),
                                change("cleanup.policy", "compact", AlterConfigOp.OpType.APPEND))))
                .all()
                .get();
        Config changed = describe(admin, topic);
        check(changed.get("retention.ms").isDefault(), "a setting that was taken back");
        checkEquals("60000", changed.get("segment.ms").value(), "a changed setting");
        checkEquals("delete,compact", changed.get("cleanup.policy").value(), "a list with one more");
        checkFails(
                InvalidConfigurationException.class,
                admin.incrementalAlterConfigs(Map.of(topic, List.of(change("nonsense", "1", AlterConfigOp.OpType.SET))))
                        .all());
        admin.createPartitions(Map.of(session.name(), NewPartitions.increaseTo(3)))
                .all()
                .get();
        checkFails(
                InvalidPartitionsException.class,
                admin.createPartitions(Map.of(session.name(), NewPartitions.increaseTo(2)))
                        .all());
        try (KafkaConsumer<String, String> consumer = session.consumer()) {
            checkEquals(3, consumer.partitionsFor(session.name()).size(), "partitions after more were added");
        }
    }

    private static AlterConfigOp change(String name, String value, AlterConfigOp.OpType operation) {
        return new AlterConfigOp(new ConfigEntry(name, value), operation);
    }

    private static Config describe(Admin admin, ConfigResource resource) throws Exception {
        return at(admin.describeConfigs(List.of(resource)).all().get(), resource);
    }

    static void groups(Session session) throws Exception {
        session.createTopic(1);
        session.send(0, 0, 10);
        String group = session.name();
        TopicPartition partition = new TopicPartition(session.name(), 0);
        try (Admin admin = session.admin()) {
            try (KafkaConsumer<String, String> consumer = session.consumer("group.id", group)) {
                consumer.subscribe(List.of(session.name()));
                Session.poll(consumer, 10);
                consumer.commitSync();
                ConsumerGroupDescription description = describe(admin, group);
                checkEquals(1, description.members().size(), "members");
                checkEquals(
                        java.util.Set.of(partition),
                        description.members().iterator().next().assignment().topicPartitions(),
                        "what the member has");
                check(isListed(admin, group), "the group is not listed");
                checkFails(
                        GroupNotEmptyException.class,
                        admin.deleteConsumerGroups(List.of(group)).all());
            }
            checkEquals(0, describe(admin, group).members().size(), "members after the only one left");
            checkEquals(10L, at(committed(admin, group), partition).offset(), "committed offset");
            admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(4)))
                    .all()
                    .get();
            checkEquals(4L, at(committed(admin, group), partition).offset(), "offset after it was moved");
            admin.deleteConsumerGroups(List.of(group)).all().get();
            check(!isListed(admin, group), "a deleted group is listed");
            check(committed(admin, group).get(partition) == null, "a deleted group has offsets");
        }
    }

    private static long offset(Admin admin, Session session, OffsetSpec which) throws Exception {
        TopicPartition partition = new TopicPartition(session.name(), 1);
        ListOffsetsResultInfo found = admin.listOffsets(Map.of(partition, which))
                .partitionResult(partition)
                .get();
        return found.offset();
    }

    private static ConsumerGroupDescription describe(Admin admin, String group) throws Exception {
        return at(admin.describeConsumerGroups(List.of(group)).all().get(), group);
    }

    private static Map<TopicPartition, OffsetAndMetadata> committed(Admin admin, String group) throws Exception {
        return admin.listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .get();
    }

    @SuppressWarnings("removal") // What came in its place is not in all versions.
    private static boolean isListed(Admin admin, String group) throws Exception {
        return admin.listConsumerGroups().all().get().stream()
                .map(ConsumerGroupListing::groupId)
                .anyMatch(group::equals);
    }

    private static void checkFails(Class<? extends ApiException> expected, KafkaFuture<?> answer) throws Exception {
        try {
            answer.get();
        } catch (ExecutionException failure) {
            check(expected.isInstance(failure.getCause()), expected + " expected, got " + failure.getCause());
            return;
        }
        throw new IllegalStateException("Not refused with " + expected);
    }
}
