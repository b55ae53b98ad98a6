// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.BrokerNode;
import io.kafscale.broker.cluster.Leadership;
import io.kafscale.broker.handler.PartitionResolver.Resolution;
import io.kafscale.broker.metadata.PartitionId;
import java.util.Iterator;
import java.util.Optional;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.FetchResponseData.NodeEndpoint;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;

/** Adds to a fetch answer where misdirected or outdated partitions are served now (KIP-951). Immutable. */
record FetchRedirects(short version, LeaderDirectory leaders) {

    private static final short FIRST_VERSION_WITH_ENDPOINTS = 16;

    void addTo(FetchResponseData data, FetchPlan plan) {
        if (version < FIRST_VERSION_WITH_ENDPOINTS) {
            return;
        }
        Iterator<PartitionFetch> fetches = plan.partitions().iterator();
        for (FetchableTopicResponse topic : data.responses()) {
            for (PartitionData partition : topic.partitions()) {
                Optional<PartitionId> id = id(fetches.next().resolution());
                if (id.isPresent() && isOutdated(partition)) {
                    redirect(partition, id.get(), data);
                }
            }
        }
    }

    private static boolean isOutdated(PartitionData partition) {
        return partition.errorCode() == Errors.NOT_LEADER_OR_FOLLOWER.code()
                || partition.errorCode() == Errors.FENCED_LEADER_EPOCH.code();
    }

    private static Optional<PartitionId> id(Resolution resolution) {
        return switch (resolution) {
            case Resolution.Served served -> Optional.of(served.log().id());
            case Resolution.ServedElsewhere elsewhere -> Optional.of(elsewhere.id());
            case Resolution.Unknown unknown -> Optional.empty();
        };
    }

    private void redirect(PartitionData partition, PartitionId id, FetchResponseData data) {
        Leadership leader = leaders.leaderOf(id);
        partition.setCurrentLeader(
                new LeaderIdAndEpoch().setLeaderId(leader.brokerId()).setLeaderEpoch(leader.leaderEpoch()));
        if (data.nodeEndpoints().find(leader.brokerId()) == null) {
            leaders.node(leader.brokerId())
                    .ifPresent(node -> data.nodeEndpoints().add(endpoint(node)));
        }
    }

    private static NodeEndpoint endpoint(BrokerNode node) {
        return new NodeEndpoint()
                .setNodeId(node.id())
                .setHost(node.host())
                .setPort(node.port())
                .setRack(node.rack().orElse(null));
    }
}
