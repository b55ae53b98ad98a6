// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.BrokerNode;
import io.kafscale.broker.cluster.Membership;
import io.kafscale.broker.cluster.Ownership;
import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.cluster.TopicCatalog;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBrokerCollection;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopicCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** Metadata: the brokers, and the topics asked for by name or id, made on the way where that is allowed. Thread-safe. */
public final class MetadataHandler implements ApiHandler<MetadataRequestData> {

    private static final short FIRST_VERSION_WITH_NO_TOPICS = 1;
    private static final short FIRST_VERSION_WITH_IDS = 12;
    private static final short FIRST_VERSION_WITH_CLUSTER_OPERATIONS = 8;
    private static final short LAST_VERSION_WITH_CLUSTER_OPERATIONS = 10;

    private final TopicCatalog catalog;
    private final Membership membership;
    private final TopicDescriber describer;
    private final TopicAutoCreation autoCreation;

    public MetadataHandler(
            TopicCatalog catalog, Membership membership, Ownership ownership, TopicAutoCreation autoCreation) {
        this.catalog = catalog;
        this.membership = membership;
        this.describer = new TopicDescriber(ownership);
        this.autoCreation = autoCreation;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.METADATA;
    }

    @Override
    public Answer handle(RequestContext context, MetadataRequestData request) throws InterruptedException {
        short version = context.version();
        if (namesByIdTooEarly(version, request)) {
            return new Answer.Ready(refused(request));
        }
        List<Finding> findings = isAllTopics(version, request) ? everything() : find(request);
        // Taken after topics were made, so that their owners are in it.
        ClusterView view = ClusterView.of(membership);
        MetadataResponseTopicCollection topics = new MetadataResponseTopicCollection(findings.size());
        for (Finding finding : findings) {
            topics.add(show(finding, view, request.includeTopicAuthorizedOperations()));
        }
        return new Answer.Ready(new MetadataResponseData()
                .setBrokers(brokers(view))
                .setClusterId(membership.clusterUuid())
                .setControllerId(view.controllerId())
                .setTopics(topics)
                .setClusterAuthorizedOperations(clusterOperations(version, request)));
    }

    /** What was found for one entry of the request. Immutable. */
    sealed interface Finding {
        record Known(Topic topic) implements Finding {}

        record UnknownName(String name, Errors error) implements Finding {}

        record UnknownId(Uuid id) implements Finding {}
    }

    private List<Finding> everything() {
        return catalog.all().stream().<Finding>map(Finding.Known::new).toList();
    }

    private List<Finding> find(MetadataRequestData request) throws InterruptedException {
        Set<Uuid> ids = new LinkedHashSet<>();
        Set<String> names = new LinkedHashSet<>();
        for (MetadataRequestTopic topic : request.topics()) {
            if (!Uuid.ZERO_UUID.equals(topic.topicId())) {
                ids.add(topic.topicId());
            } else if (topic.name() != null) {
                names.add(topic.name());
            }
        }
        List<Finding> findings = new ArrayList<>(ids.size() + names.size());
        for (Uuid id : ids) {
            findings.add(catalog.find(TopicKey.fromKafka(id))
                    .<Finding>map(Finding.Known::new)
                    .orElseGet(() -> new Finding.UnknownId(id)));
        }
        findings.addAll(autoCreation.findOrCreate(names, request.allowAutoTopicCreation()));
        return findings;
    }

    private MetadataResponseTopic show(Finding finding, ClusterView view, boolean withOperations) {
        return switch (finding) {
            case Finding.Known known -> describer.describe(known.topic(), view, withOperations);
            case Finding.UnknownName unknown ->
                new SpreadTopic()
                        .setName(unknown.name())
                        .setErrorCode(unknown.error().code());
            case Finding.UnknownId unknown ->
                new SpreadTopic().setName(null).setTopicId(unknown.id()).setErrorCode(Errors.UNKNOWN_TOPIC_ID.code());
        };
    }

    private static MetadataResponseBrokerCollection brokers(ClusterView view) {
        MetadataResponseBrokerCollection brokers =
                new MetadataResponseBrokerCollection(view.brokers().size());
        for (BrokerNode node : view.brokers()) {
            brokers.add(new MetadataResponseBroker()
                    .setNodeId(node.id())
                    .setHost(node.host())
                    .setPort(node.port())
                    .setRack(node.rack().orElse(null)));
        }
        return brokers;
    }

    private static boolean isAllTopics(short version, MetadataRequestData request) {
        return request.topics() == null
                || (version < FIRST_VERSION_WITH_NO_TOPICS && request.topics().isEmpty());
    }

    private static boolean namesByIdTooEarly(short version, MetadataRequestData request) {
        return version < FIRST_VERSION_WITH_IDS
                && request.topics() != null
                && request.topics().stream()
                        .anyMatch(topic -> topic.name() == null || !Uuid.ZERO_UUID.equals(topic.topicId()));
    }

    private static int clusterOperations(short version, MetadataRequestData request) {
        boolean asked = request.includeClusterAuthorizedOperations()
                && version >= FIRST_VERSION_WITH_CLUSTER_OPERATIONS
                && version <= LAST_VERSION_WITH_CLUSTER_OPERATIONS;
        return asked ? AuthorizedOperations.CLUSTER : AuthorizedOperations.NOT_ASKED;
    }

    private static MetadataResponseData refused(MetadataRequestData request) {
        MetadataResponseData data = new MetadataResponseData();
        data.setErrorCode(Errors.INVALID_REQUEST.code());
        for (MetadataRequestTopic topic : request.topics()) {
            data.topics()
                    .add(new SpreadTopic()
                            .setName(topic.name() == null ? "" : topic.name())
                            .setTopicId(topic.topicId())
                            .setErrorCode(Errors.INVALID_REQUEST.code()));
        }
        return data;
    }
}
