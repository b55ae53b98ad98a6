// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.handler.PartitionResolver.Resolution;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.protocol.SlicedRecords;
import io.kafscale.broker.read.EpochEnd;
import io.kafscale.broker.read.ReadResult;
import io.kafscale.broker.time.Deadline;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchResponseData.EpochEndOffset;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;

/** One partition of a fetch request. Confined to the connection's reader thread. */
final class PartitionFetch {

    private static final long UNKNOWN = -1;
    private static final FetchOutlook NOTHING = new FetchOutlook(0, 0, false);
    private static final FetchOutlook CONCLUSIVE = new FetchOutlook(0, 0, true);

    /** Consumers of before take the error for one that stays. */
    private static final short FIRST_VERSION_WITH_STORAGE_ERROR = 6;

    private final FetchPartition request;
    private final Resolution resolution;
    private final short version;
    private final boolean committedOnly;
    private final LeaderDirectory leaders;

    PartitionFetch(
            FetchPartition request,
            Resolution resolution,
            short version,
            boolean committedOnly,
            LeaderDirectory leaders) {
        this.request = request;
        this.resolution = resolution;
        this.version = version;
        this.committedOnly = committedOnly;
        this.leaders = leaders;
    }

    /** The log to listen to, if this broker serves it. */
    Optional<PartitionLog> log() {
        return resolution instanceof Resolution.Served served ? Optional.of(served.log()) : Optional.empty();
    }

    Resolution resolution() {
        return resolution;
    }

    /** What reading would give; what does not exist says nothing about how soon there is something elsewhere. */
    FetchOutlook outlook() {
        return switch (resolution) {
            case Resolution.Unknown unknown -> NOTHING;
            case Resolution.ServedElsewhere elsewhere -> CONCLUSIVE;
            case Resolution.Served served -> outlook(served.log());
        };
    }

    private FetchOutlook outlook(PartitionLog log) {
        long offset = request.fetchOffset();
        if (log.isClosed()
                || EpochFence.check(request.currentLeaderEpoch(), log) != Errors.NONE
                || offset < log.logStartOffset()
                || offset > log.highWatermark()
                || divergence(log).isPresent()) {
            return CONCLUSIVE;
        }
        // However little is allowed, the first batch of an answer comes whole.
        int allowed = Math.max(1, request.partitionMaxBytes());
        int firstBatch = log.settings().maxMessageBytes();
        long there = log.readableBytes(offset, Math.max(allowed, firstBatch));
        return there == 0 ? NOTHING : new FetchOutlook(Math.min(there, allowed), Math.min(there, firstBatch), false);
    }

    /**
     * Reads what is there now.
     *
     * @param bytesLeft what the whole answer may still take
     * @param firstWhole the first batch is returned even when it is larger than every limit
     * @param slow when what has been found must do
     */
    PartitionData read(int bytesLeft, boolean firstWhole, Deadline slow) throws InterruptedException {
        PartitionData data = switch (resolution) {
            case Resolution.Unknown unknown -> failed(unknown.error());
            case Resolution.ServedElsewhere elsewhere -> failed(Errors.NOT_LEADER_OR_FOLLOWER);
            case Resolution.Served served -> read(served.log(), bytesLeft, firstWhole, slow);
        };
        return data.setPartitionIndex(request.partition());
    }

    private PartitionData read(PartitionLog log, int bytesLeft, boolean firstWhole, Deadline slow)
            throws InterruptedException {
        if (log.isClosed()) {
            return failed(Errors.NOT_LEADER_OR_FOLLOWER);
        }
        Errors fence = EpochFence.check(request.currentLeaderEpoch(), log);
        if (fence != Errors.NONE) {
            return failed(fence);
        }
        if (request.fetchOffset() < log.logStartOffset()) {
            return outOfRange();
        }
        Optional<EpochEnd> divergence = divergence(log);
        if (divergence.isPresent()) {
            return diverged(log, divergence.get());
        }
        int limit = Math.max(firstWhole ? 1 : 0, Math.min(request.partitionMaxBytes(), bytesLeft));
        if (limit == 0 && request.fetchOffset() <= log.highWatermark()) {
            return records(List.of(), log.highWatermark(), log.logStartOffset());
        }
        return switch (log.read(request.fetchOffset(), limit, firstWhole, slow)) {
            case ReadResult.Records found -> records(found.batches(), found.highWatermark(), found.logStartOffset());
            case ReadResult.OffsetOutOfRange outside -> outOfRange();
            case ReadResult.Failed failure ->
                failed(
                        version < FIRST_VERSION_WITH_STORAGE_ERROR
                                ? Errors.NOT_LEADER_OR_FOLLOWER
                                : Errors.KAFKA_STORAGE_ERROR);
            case ReadResult.NotOwner gone -> failed(Errors.NOT_LEADER_OR_FOLLOWER);
        };
    }

    /** Where the log left the client's history, if it did: KIP-595's check of the last fetched epoch. */
    private Optional<EpochEnd> divergence(PartitionLog log) {
        if (request.lastFetchedEpoch() < 0) {
            return Optional.empty();
        }
        EpochEnd end = log.endOfEpoch(request.lastFetchedEpoch());
        boolean diverged = end.leaderEpoch() >= 0
                && (end.leaderEpoch() < request.lastFetchedEpoch() || end.endOffset() < request.fetchOffset());
        return diverged ? Optional.of(end) : Optional.empty();
    }

    /** A broker that is not sure to be the owner must not make a consumer start from somewhere else. */
    private PartitionData outOfRange() {
        return failed(leaders.isCertain() ? Errors.OFFSET_OUT_OF_RANGE : Errors.NOT_LEADER_OR_FOLLOWER);
    }

    private PartitionData diverged(PartitionLog log, EpochEnd end) {
        return records(List.of(), log.highWatermark(), log.logStartOffset())
                .setDivergingEpoch(
                        new EpochEndOffset().setEpoch(end.leaderEpoch()).setEndOffset(end.endOffset()));
    }

    private PartitionData records(List<ByteBuffer> batches, long highWatermark, long logStartOffset) {
        return new PartitionData()
                .setHighWatermark(highWatermark)
                .setLastStableOffset(highWatermark)
                .setLogStartOffset(logStartOffset)
                .setAbortedTransactions(committedOnly ? List.of() : null)
                .setRecords(batches.isEmpty() ? SlicedRecords.EMPTY : new SlicedRecords(batches));
    }

    private PartitionData failed(Errors error) {
        return new PartitionData()
                .setErrorCode(error.code())
                .setHighWatermark(UNKNOWN)
                .setLastStableOffset(UNKNOWN)
                .setLogStartOffset(UNKNOWN)
                .setAbortedTransactions(committedOnly ? List.of() : null)
                .setRecords(SlicedRecords.EMPTY);
    }
}
