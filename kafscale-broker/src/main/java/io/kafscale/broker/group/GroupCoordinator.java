// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.group.ShardTable.Place;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DeleteGroupsResponseData.DeletableGroupResult;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupResponseData.MemberResponse;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All groups whose shards this broker owns. Finds the group that a request is for, and waits for what the group has to
 * say; the groups themselves never wait. Thread-safe.
 */
public final class GroupCoordinator implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(GroupCoordinator.class);

    /** A group id is part of keys in the metadata store. */
    private static final int MAX_GROUP_ID_LENGTH = 1024;

    /** How often new and lost shards are looked for, apart from the requests that find them. */
    private static final Duration RECONCILE_INTERVAL = Duration.ofSeconds(1);

    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(3);

    private final GroupEnvironment environment;
    private final GroupSettings settings;
    private final Clock clock;
    private final Alarms alarms = new Alarms();
    private final ShardTable shards;
    private final OffsetFetches fetches;

    public GroupCoordinator(GroupEnvironment environment, GroupSettings settings) {
        this.environment = environment;
        this.settings = settings;
        this.clock = environment.clock();
        this.shards = new ShardTable(environment, settings, alarms);
        this.fetches = new OffsetFetches(environment.topics());
    }

    /** Starts to load what this broker owns; called once, when the cluster has been started. */
    public void start() {
        shards.owned();
        environment.threads().start("group-timer", this::keepTime);
    }

    private void keepTime() {
        try {
            Deadline reconcile = Deadline.after(clock, RECONCILE_INTERVAL);
            while (!alarms.isClosed()) {
                alarms.takeDue(clock, reconcile).forEach(alarm -> ring(alarm.group()));
                if (reconcile.passed(clock)) {
                    shards.owned();
                    reconcile = Deadline.after(clock, RECONCILE_INTERVAL);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What goes wrong in one group is a bug, and holds up no other. */
    private static void ring(Group group) {
        try {
            group.tick();
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).addKeyValue("group", group.id()).log("group cannot be looked at in time");
        }
    }

    /** What is said from memory alone is true only while nobody else can have moved the group on. */
    private Errors certainly(Errors answer) {
        return environment.shards().isCertain() ? answer : Errors.COORDINATOR_NOT_AVAILABLE;
    }

    /** Waits until the generation that the member joins begins, which is bounded by the group's rebalance time-out. */
    public JoinGroupResponseData join(RequestOrigin origin, JoinGroupRequestData request) throws InterruptedException {
        String memberId = request.memberId();
        if (!isGroupId(request.groupId())) {
            return GroupAnswers.refusedJoin(Errors.INVALID_GROUP_ID, memberId);
        }
        if (request.sessionTimeoutMs() < settings.minSessionTimeout().toMillis()
                || request.sessionTimeoutMs() > settings.maxSessionTimeout().toMillis()) {
            return GroupAnswers.refusedJoin(Errors.INVALID_SESSION_TIMEOUT, memberId);
        }
        return switch (shards.locate(request.groupId())) {
            case Place.Elsewhere(Errors error) -> GroupAnswers.refusedJoin(error, memberId);
            case Place.Here(Shard shard) -> {
                Optional<Group> group = memberId.isEmpty()
                        ? Optional.of(shard.obtain(request.groupId()))
                        : shard.find(request.groupId());
                JoinGroupResponseData answer = group.isPresent()
                        ? join(group.get(), JoinAttempt.of(origin, request))
                        : GroupAnswers.refusedJoin(Errors.UNKNOWN_MEMBER_ID, memberId);
                yield environment.shards().isCertain()
                        ? answer
                        : GroupAnswers.refusedJoin(Errors.COORDINATOR_NOT_AVAILABLE, memberId);
            }
        };
    }

    private JoinGroupResponseData join(Group group, JoinAttempt attempt) throws InterruptedException {
        return await(group, group.join(attempt))
                .orElseGet(() -> GroupAnswers.refusedJoin(
                        Errors.COORDINATOR_NOT_AVAILABLE, attempt.member().id()));
    }

    /** Waits until the leader's assignments are there and stored, which is bounded by the rebalance time-out. */
    public SyncGroupResponseData sync(SyncGroupRequestData request) throws InterruptedException {
        if (!isGroupId(request.groupId())) {
            return GroupAnswers.refusedSync(Errors.INVALID_GROUP_ID);
        }
        return switch (shards.locate(request.groupId())) {
            case Place.Elsewhere(Errors error) -> GroupAnswers.refusedSync(error);
            case Place.Here(Shard shard) -> {
                Optional<Group> group = shard.find(request.groupId());
                SyncGroupResponseData answer = group.isPresent()
                        ? await(group.get(), group.get().sync(request))
                                .orElseGet(() -> GroupAnswers.refusedSync(Errors.COORDINATOR_NOT_AVAILABLE))
                        : GroupAnswers.refusedSync(Errors.UNKNOWN_MEMBER_ID);
                yield environment.shards().isCertain()
                        ? answer
                        : GroupAnswers.refusedSync(Errors.COORDINATOR_NOT_AVAILABLE);
            }
        };
    }

    private <T> Optional<T> await(Group group, Parked<T> parked) throws InterruptedException {
        boolean arrived = false;
        try {
            Optional<T> answer = parked.answer().await(clock, parked.patience());
            arrived = answer.isPresent();
            return answer;
        } finally {
            if (!arrived) {
                group.withdraw(parked.answer());
            }
        }
    }

    /** A sign of life counts also when it cannot be answered with certainty. */
    public HeartbeatResponseData heartbeat(HeartbeatRequestData request) {
        return new HeartbeatResponseData().setErrorCode(decideHeartbeat(request).code());
    }

    private Errors decideHeartbeat(HeartbeatRequestData request) {
        if (!isGroupId(request.groupId())) {
            return Errors.INVALID_GROUP_ID;
        }
        String instanceId = Optional.ofNullable(request.groupInstanceId()).orElse("");
        return switch (shards.locate(request.groupId())) {
            case Place.Elsewhere(Errors error) -> error;
            case Place.Here(Shard shard) -> {
                Errors answer = shard.find(request.groupId())
                        .map(group -> group.heartbeat(request.memberId(), instanceId, request.generationId()))
                        .orElse(Errors.UNKNOWN_MEMBER_ID);
                yield certainly(answer);
            }
        };
    }

    /** Before version 3 a request names one member, later any number. */
    public LeaveGroupResponseData leave(LeaveGroupRequestData request) {
        if (!isGroupId(request.groupId())) {
            return new LeaveGroupResponseData().setErrorCode(Errors.INVALID_GROUP_ID.code());
        }
        return switch (shards.locate(request.groupId())) {
            case Place.Elsewhere(Errors error) -> new LeaveGroupResponseData().setErrorCode(error.code());
            case Place.Here(Shard shard) -> {
                LeaveGroupResponseData answer = leave(shard.find(request.groupId()), request);
                yield environment.shards().isCertain()
                        ? answer
                        : new LeaveGroupResponseData().setErrorCode(Errors.COORDINATOR_NOT_AVAILABLE.code());
            }
        };
    }

    private static LeaveGroupResponseData leave(Optional<Group> group, LeaveGroupRequestData request) {
        if (request.members().isEmpty() && !request.memberId().isEmpty()) {
            Errors error = leave(group, new MemberIdentity().setMemberId(request.memberId()));
            return new LeaveGroupResponseData().setErrorCode(error.code());
        }
        LeaveGroupResponseData response = new LeaveGroupResponseData();
        for (MemberIdentity member : request.members()) {
            response.members()
                    .add(new MemberResponse()
                            .setMemberId(member.memberId())
                            .setGroupInstanceId(member.groupInstanceId())
                            .setErrorCode(leave(group, member).code()));
        }
        return response;
    }

    private static Errors leave(Optional<Group> group, MemberIdentity member) {
        String instanceId = Optional.ofNullable(member.groupInstanceId()).orElse("");
        return group.map(found -> found.leave(member.memberId(), instanceId)).orElse(Errors.UNKNOWN_MEMBER_ID);
    }

    /** Waits until the offsets are stored. What a member of an unknown group is answered depends on the version. */
    public OffsetCommitResponseData commit(RequestOrigin origin, OffsetCommitRequestData request)
            throws InterruptedException {
        if (request.groupId().length() > MAX_GROUP_ID_LENGTH) {
            return OffsetCommits.refused(request, Errors.INVALID_GROUP_ID);
        }
        return switch (shards.locate(request.groupId())) {
            case Place.Elsewhere(Errors error) -> OffsetCommits.refused(request, error);
            case Place.Here(Shard shard) -> {
                Optional<Group> group = request.generationIdOrMemberEpoch() < 0
                        ? Optional.of(shard.obtain(request.groupId()))
                        : shard.find(request.groupId());
                yield group.isPresent()
                        ? commit(group.get(), request)
                        : OffsetCommits.refused(request, certainly(OffsetCommits.ofUnknownGroup(origin.apiVersion())));
            }
        };
    }

    private OffsetCommitResponseData commit(Group group, OffsetCommitRequestData request) throws InterruptedException {
        OffsetCommits commits = new OffsetCommits(request, group.stored(), environment.topics(), clock.wallMillis());
        Errors error = group.commit(
                request.memberId(),
                Optional.ofNullable(request.groupInstanceId()).orElse(""),
                request.generationIdOrMemberEpoch(),
                commits.writes());
        return error == Errors.NONE
                ? commits.await(clock, Deadline.after(clock, settings.storePatience()))
                : OffsetCommits.refused(request, certainly(error));
    }

    /** Versions before 8 ask for one group, later ones for any number; each is answered in its own shape. */
    public OffsetFetchResponseData fetchOffsets(OffsetFetchRequestData request) {
        if (!request.groups().isEmpty()) {
            return new OffsetFetchResponseData()
                    .setGroups(request.groups().stream().map(this::fetchOffsets).toList());
        }
        return OffsetFetchShapes.toSingle(fetchOffsets(OffsetFetchShapes.fromSingle(request)));
    }

    private OffsetFetchResponseData.OffsetFetchResponseGroup fetchOffsets(
            OffsetFetchRequestData.OffsetFetchRequestGroup request) {
        return switch (shards.locate(request.groupId())) {
            case Place.Elsewhere(Errors error) -> OffsetFetches.refused(request, error);
            case Place.Here(Shard shard) -> {
                Optional<Group> group = shard.find(request.groupId());
                if (!environment.shards().isCertain()) {
                    yield OffsetFetches.refused(request, Errors.COORDINATOR_NOT_AVAILABLE);
                }
                yield fetches.fetch(request, group.map(Group::stored));
            }
        };
    }

    public ListGroupsResponseData list(ListGroupsRequestData request) {
        ListGroupsResponseData response = new ListGroupsResponseData();
        if (!environment.shards().isCertain()) {
            return response.setErrorCode(Errors.COORDINATOR_NOT_AVAILABLE.code());
        }
        for (Shard shard : shards.owned()) {
            Errors availability = shard.availability();
            if (availability != Errors.NONE) {
                return new ListGroupsResponseData().setErrorCode(availability.code());
            }
            shard.all().forEach(group -> GroupDescriptions.list(group, request).ifPresent(response.groups()::add));
        }
        return response;
    }

    /** What an unknown group is answered depends on the version. */
    public DescribeGroupsResponseData describe(RequestOrigin origin, DescribeGroupsRequestData request) {
        boolean withOperations = request.includeAuthorizedOperations();
        List<DescribedGroup> described = new ArrayList<>();
        for (String groupId : request.groups()) {
            described.add(
                    switch (shards.locate(groupId)) {
                        case Place.Elsewhere(Errors error) -> GroupDescriptions.refused(groupId, error);
                        case Place.Here(Shard shard)
                        when !environment.shards().isCertain() ->
                            GroupDescriptions.refused(groupId, Errors.COORDINATOR_NOT_AVAILABLE);
                        case Place.Here(Shard shard) ->
                            shard.find(groupId)
                                    .map(group -> GroupDescriptions.describe(group, withOperations))
                                    .orElseGet(() ->
                                            GroupDescriptions.unknown(groupId, origin.apiVersion(), withOperations));
                    });
        }
        return new DescribeGroupsResponseData().setGroups(described);
    }

    /** Waits until what is stored of the groups is gone. */
    public DeleteGroupsResponseData delete(DeleteGroupsRequestData request) throws InterruptedException {
        Map<String, Parked<Errors>> deletions = new LinkedHashMap<>();
        for (String groupId : request.groupsNames()) {
            deletions.computeIfAbsent(groupId, this::beginDeletion);
        }
        DeleteGroupsResponseData response = new DeleteGroupsResponseData();
        for (Map.Entry<String, Parked<Errors>> deletion : deletions.entrySet()) {
            Parked<Errors> parked = deletion.getValue();
            Errors outcome = parked.answer().await(clock, parked.patience()).orElse(Errors.COORDINATOR_NOT_AVAILABLE);
            response.results()
                    .add(new DeletableGroupResult()
                            .setGroupId(deletion.getKey())
                            .setErrorCode(outcome.code()));
        }
        return response;
    }

    private Parked<Errors> beginDeletion(String groupId) {
        return switch (shards.locateRemains(groupId)) {
            case Place.Elsewhere(Errors error) -> Parked.answered(error);
            case Place.Here(Shard shard) ->
                environment.shards().isCertain()
                        ? shard.delete(groupId)
                        : Parked.answered(Errors.COORDINATOR_NOT_AVAILABLE);
        };
    }

    /** Waits until the offsets are gone. */
    public OffsetDeleteResponseData deleteOffsets(OffsetDeleteRequestData request) throws InterruptedException {
        if (!isGroupId(request.groupId())) {
            return OffsetDeletes.refused(Errors.INVALID_GROUP_ID);
        }
        return switch (shards.locate(request.groupId())) {
            case Place.Elsewhere(Errors error) -> OffsetDeletes.refused(error);
            case Place.Here(Shard shard) -> {
                Optional<Group> group = shard.find(request.groupId());
                yield group.isPresent()
                        ? deleteOffsets(group.get(), request)
                        : OffsetDeletes.refused(certainly(Errors.GROUP_ID_NOT_FOUND));
            }
        };
    }

    private OffsetDeleteResponseData deleteOffsets(Group group, OffsetDeleteRequestData request)
            throws InterruptedException {
        OffsetDeletes deletes = new OffsetDeletes(request, group.stored(), environment.topics());
        Errors error = group.deleteOffsets(deletes);
        return error == Errors.NONE
                ? deletes.await(clock, Deadline.after(clock, settings.storePatience()))
                : OffsetDeletes.refused(certainly(error));
    }

    private static boolean isGroupId(String groupId) {
        return !groupId.isEmpty() && groupId.length() <= MAX_GROUP_ID_LENGTH;
    }

    /** Refuses whatever comes and answers whoever waits, when what was accepted is decided. */
    @Override
    public void close() {
        try {
            shards.close(Deadline.after(clock, CLOSE_LIMIT));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            alarms.close();
        }
    }
}
