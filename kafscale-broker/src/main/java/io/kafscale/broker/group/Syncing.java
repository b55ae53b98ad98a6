// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.protobuf.ByteString;
import io.kafscale.broker.group.Formed.CompletingRebalance;
import io.kafscale.broker.group.Formed.Stable;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import io.kafscale.proto.metadata.ConsumerGroup;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/** How the leader's assignments come to the members of a group. Confined to the lock of its group. */
final class Syncing {

    private final StoredGroup stored;
    private final Attendance attendance;
    private final GroupContext context;
    private final GroupWrites writes;

    Syncing(StoredGroup stored, Attendance attendance, GroupContext context, GroupWrites writes) {
        this.stored = stored;
        this.attendance = attendance;
        this.context = context;
        this.writes = writes;
    }

    Parked<SyncGroupResponseData> sync(SyncGroupRequestData request, long now) {
        String memberId = request.memberId();
        String instanceId = Optional.ofNullable(request.groupInstanceId()).orElse("");
        Errors error = attendance.state().sync(memberId, instanceId, request.generationId());
        if (error != Errors.NONE) {
            return refused(error);
        }
        return switch (attendance.state()) {
            case Formed formed when !agrees(request, formed) -> refused(Errors.INCONSISTENT_GROUP_PROTOCOL);
            case Stable stable -> {
                attendance.become(stable.synced(memberId));
                attendance.touch(memberId, now);
                yield Parked.answered(GroupAnswers.assigned(stable, memberId));
            }
            case CompletingRebalance completing -> complete(completing, request, now);
            default ->
                throw new IllegalStateException("group " + stored.groupId() + " lets a member sync in state "
                        + attendance.state().label());
        };
    }

    private static boolean agrees(SyncGroupRequestData request, Formed formed) {
        String type = formed.roster().protocolType();
        return Optional.ofNullable(request.protocolType()).orElse(type).equals(type)
                && Optional.ofNullable(request.protocolName())
                        .orElse(formed.protocol())
                        .equals(formed.protocol());
    }

    private Parked<SyncGroupResponseData> complete(
            CompletingRebalance completing, SyncGroupRequestData request, long now) {
        String memberId = request.memberId();
        Pending<SyncGroupResponseData> answer = attendance.parkSync(memberId, completing.generation());
        CompletingRebalance synced = completing.synced(memberId);
        attendance.become(synced);
        if (!synced.proposed() && synced.roster().leader().equals(memberId)) {
            propose(synced, request, now);
        }
        return new Parked<>(answer, Deadline.NEVER);
    }

    private void propose(CompletingRebalance completing, SyncGroupRequestData request, long now) {
        Map<String, ByteString> assignments = request.assignments().stream()
                .collect(Collectors.toMap(
                        SyncGroupRequestData.SyncGroupRequestAssignment::memberId,
                        assignment -> ByteString.copyFrom(assignment.assignment()),
                        (first, second) -> second));
        CompletingRebalance proposed = completing.proposed(assignments);
        ConsumerGroup value = GroupValues.encode(
                stored, proposed, proposed.assignments(), context.clock().wallMillis());
        if (value.getSerializedSize() > GroupValues.maxGroupBytes(stored.groupId())) {
            attendance.startOver(completing, Errors.GROUP_MAX_SIZE_REACHED, now);
            return;
        }
        attendance.become(proposed);
        int generation = proposed.generation();
        writes.write(value, outcome -> proposalDecided(generation, outcome));
    }

    /** The group may have moved on meanwhile; then the proposal is of no interest any more. */
    private void proposalDecided(int generation, Errors outcome) {
        if (attendance.state() instanceof CompletingRebalance completing
                && completing.proposed()
                && completing.generation() == generation) {
            if (outcome == Errors.NONE) {
                attendance.become(completing.stored());
            } else {
                attendance.startOver(completing, outcome, context.clock().monotonicNanos());
            }
        }
    }

    private static Parked<SyncGroupResponseData> refused(Errors error) {
        return Parked.answered(GroupAnswers.refusedSync(error));
    }
}
