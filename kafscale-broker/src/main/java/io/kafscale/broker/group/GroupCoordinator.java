// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;

/** All groups whose shards this broker owns. Thread-safe. */
@SuppressWarnings("DoNotCallSuggester")
public final class GroupCoordinator implements AutoCloseable {

    public GroupCoordinator(GroupEnvironment environment, GroupSettings settings) {
        throw new UnsupportedOperationException(environment + " " + settings);
    }

    /** Starts to load what this broker owns; called once, when the cluster has been started. */
    public void start() {
        throw new UnsupportedOperationException();
    }

    /** Waits until the generation that the member joins begins, which is bounded by the group's rebalance time-out. */
    public JoinGroupResponseData join(RequestOrigin origin, JoinGroupRequestData request) throws InterruptedException {
        throw new UnsupportedOperationException(origin + " " + request);
    }

    /** Waits until the leader's assignments are there and stored, which is bounded by the rebalance time-out. */
    public SyncGroupResponseData sync(SyncGroupRequestData request) throws InterruptedException {
        throw new UnsupportedOperationException(request.toString());
    }

    public HeartbeatResponseData heartbeat(HeartbeatRequestData request) {
        throw new UnsupportedOperationException(request.toString());
    }

    public LeaveGroupResponseData leave(LeaveGroupRequestData request) {
        throw new UnsupportedOperationException(request.toString());
    }

    /** Waits until the offsets are stored. */
    public OffsetCommitResponseData commit(OffsetCommitRequestData request) throws InterruptedException {
        throw new UnsupportedOperationException(request.toString());
    }

    public OffsetFetchResponseData fetchOffsets(OffsetFetchRequestData request) {
        throw new UnsupportedOperationException(request.toString());
    }

    public ListGroupsResponseData list(ListGroupsRequestData request) {
        throw new UnsupportedOperationException(request.toString());
    }

    /** What an unknown group is answered depends on the version. */
    public DescribeGroupsResponseData describe(RequestOrigin origin, DescribeGroupsRequestData request) {
        throw new UnsupportedOperationException(origin + " " + request);
    }

    /** Waits until what is stored of the groups is gone. */
    public DeleteGroupsResponseData delete(DeleteGroupsRequestData request) throws InterruptedException {
        throw new UnsupportedOperationException(request.toString());
    }

    /** Refuses whatever comes and answers whoever waits, when what was accepted is decided. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
