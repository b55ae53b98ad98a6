// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.segment.SegmentInspection;
import io.kafscale.broker.segment.SegmentName;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.time.TaskScope;
import io.kafscale.proto.metadata.PartitionState;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Takes in the listing of sealed segments, which has each partition's together, and checks one partition after the other.
 * Confined to one thread; segments are read by a few at once.
 */
final class SegmentPass {

    private static final int READS_AT_ONCE = 4;

    private final LogEnvironment environment;
    private final ClusterMetadata metadata;
    private final Findings findings;
    private final Orphans orphans;
    private final SealedCheck check;
    private final Set<PartitionId> seen = new HashSet<>();
    private final TreeMap<SegmentName, SealedCheck.Part> parts = new TreeMap<>();
    private final AtomicLong segments = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private long spare;

    SegmentPass(
            LogEnvironment environment,
            PatientObjects objects,
            ClusterMetadata metadata,
            Findings findings,
            Orphans orphans) {
        this.environment = environment;
        this.metadata = metadata;
        this.findings = findings;
        this.orphans = orphans;
        this.check = new SealedCheck(new SegmentInspection(environment.objects(), environment.root()), objects);
    }

    /** Takes the next object of the listing. */
    void take(ObjectInfo object, ObjectName.Sealed part) throws InterruptedException {
        if (!parts.isEmpty() && !folder(parts.firstKey()).equals(folder(part.segment()))) {
            checkPartition();
        }
        parts.put(
                part.segment(),
                parts.getOrDefault(
                                part.segment(),
                                new SealedCheck.Part(part.segment(), Optional.empty(), Optional.empty()))
                        .with(object, part.isIndex()));
    }

    private static String folder(SegmentName name) {
        return name.topic() + "." + name.id();
    }

    /** The listing has ended; partitions of which it had nothing are checked, too. */
    void finish() throws InterruptedException {
        if (!parts.isEmpty()) {
            checkPartition();
        }
        metadata.states().forEach((id, state) -> {
            if (!seen.contains(id)) {
                metadata.topic(id.topicId()).ifPresent(topic -> cover(id, topic.getName(), state.value()));
            }
        });
    }

    private void checkPartition() throws InterruptedException {
        SegmentName first = parts.firstKey();
        Optional<PartitionState> state = metadata.topic(first.id().topicId())
                .filter(topic -> topic.getName().equals(first.topic()))
                .flatMap(topic -> metadata.state(first.id()));
        if (state.isPresent()) {
            seen.add(first.id());
            SealedCheck.Tiling tiling = cover(first.id(), first.topic(), state.get());
            read(tiling.picked());
            Set<SealedCheck.Part> picked = new HashSet<>(tiling.picked());
            parts.values().stream()
                    .filter(part -> !picked.contains(part))
                    .forEach(part -> pass(part, state.get().getLogStart()));
        } else {
            parts.values().forEach(part -> pass(part, 0));
        }
        parts.clear();
    }

    /** What is not needed now may have been needed once, or never. */
    private void pass(SealedCheck.Part part, long logStart) {
        boolean isLiving = metadata.topic(part.name().id().topicId()).isPresent();
        if (isLiving && part.name().endOffset() > logStart) {
            spare++;
            return;
        }
        part.segment().ifPresent(orphans::gather);
        part.index().ifPresent(orphans::gather);
    }

    private SealedCheck.Tiling cover(PartitionId id, String topic, PartitionState state) {
        SealedCheck.Tiling tiling = SealedCheck.tile(parts.values(), state.getLogStart(), state.getSealedThrough());
        SealedCheck.coverage(metadata.name(id), id, environment.keys().topic(topic), state, tiling, parts.values())
                .forEach(findings::add);
        return tiling;
    }

    private void read(List<SealedCheck.Part> picked) throws InterruptedException {
        try (TaskScope readers = new TaskScope(environment.threads(), READS_AT_ONCE)) {
            for (SealedCheck.Part part : picked) {
                readers.awaitRoom();
                readers.fork("fsck", () -> read(part));
            }
            readers.awaitAll();
        }
    }

    private void read(SealedCheck.Part part) throws InterruptedException {
        Finding.Premise keeps = new Finding.Premise.Keeps(
                environment.keys().topic(part.name().topic()),
                part.name().id(),
                part.name().endOffset());
        check.contents(part).forEach(problem -> findings.add(new Finding(problem, List.of(keeps))));
        segments.incrementAndGet();
        bytes.addAndGet(part.segment().map(ObjectInfo::sizeBytes).orElse(0L));
    }

    List<Report.Total> totals() {
        return List.of(
                new Report.Total("sealed_segments", segments.get()),
                new Report.Total("sealed_bytes", bytes.get()),
                new Report.Total("spare_segments", spare));
    }
}
