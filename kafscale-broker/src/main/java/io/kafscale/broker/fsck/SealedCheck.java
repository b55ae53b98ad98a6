// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.segment.SegmentIndex;
import io.kafscale.broker.segment.SegmentInspection;
import io.kafscale.broker.segment.SegmentName;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.proto.metadata.PartitionState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Checks the sealed segments of a partition. Thread-safe: it has no state. */
record SealedCheck(SegmentInspection inspection, PatientObjects objects) {

    private static final Comparator<Part> FURTHEST = Comparator.comparingLong(
                    (Part part) -> part.name().endOffset())
            .thenComparingInt(part -> part.name().leaderEpoch());

    /** What a listing has of a segment. Immutable. */
    record Part(SegmentName name, Optional<ObjectInfo> segment, Optional<ObjectInfo> index) {

        Part with(ObjectInfo object, boolean isIndex) {
            return isIndex ? new Part(name, segment, Optional.of(object)) : new Part(name, Optional.of(object), index);
        }
    }

    /**
     * How a range of offsets is covered. Immutable.
     *
     * @param picked in order, each the one that reaches furthest from where the one before it ends
     * @param holes what none has
     */
    record Tiling(List<Part> picked, List<Hole> holes) {}

    /** Offsets that are missing, the end exclusive. Immutable. */
    record Hole(long fromOffset, long endOffset) {}

    /** Covers the offsets from the first one up to an exclusive end. */
    static Tiling tile(Collection<Part> parts, long fromOffset, long endOffset) {
        List<Part> whole =
                parts.stream().filter(part -> part.segment().isPresent()).toList();
        List<Part> picked = new ArrayList<>();
        List<Hole> holes = new ArrayList<>();
        long due = fromOffset;
        while (due < endOffset) {
            long at = due;
            Optional<Part> next = whole.stream()
                    .filter(part ->
                            part.name().baseOffset() <= at && part.name().endOffset() > at)
                    .max(FURTHEST);
            if (next.isPresent()) {
                picked.add(next.get());
                due = next.get().name().endOffset();
            } else {
                long end = whole.stream()
                        .mapToLong(part -> part.name().baseOffset())
                        .filter(base -> base > at)
                        .min()
                        .orElse(endOffset);
                holes.add(new Hole(at, Math.min(end, endOffset)));
                due = end;
            }
        }
        return new Tiling(picked, holes);
    }

    /** Checks that segments have all from the log start to where the partition is sealed. */
    static List<Finding> coverage(
            String name, PartitionId id, String topicKey, PartitionState state, Tiling tiling, Collection<Part> parts) {
        List<Finding> findings = new ArrayList<>();
        for (Hole hole : tiling.holes()) {
            Problem problem = new Problem(
                    Problem.Kind.HOLE,
                    name,
                    "offsets " + hole.fromOffset() + " to " + (hole.endOffset() - 1) + " are in no sealed segment");
            findings.add(new Finding(problem, List.of(new Finding.Premise.Keeps(topicKey, id, hole.endOffset()))));
        }
        Optional<SegmentName> newest = SegmentName.parse(state.getNewestSegment());
        boolean isThere = newest.isPresent()
                && parts.stream()
                        .anyMatch(part -> part.name().equals(newest.get())
                                && (part.index().isPresent() || part.segment().isPresent()));
        if (!state.getNewestSegment().isEmpty() && !isThere) {
            Problem problem = new Problem(
                    Problem.Kind.MISSING_OBJECT,
                    state.getNewestSegment() + ".index",
                    "it is not there, although it is the newest segment's of " + name);
            findings.add(new Finding(problem, List.of(new Finding.Premise.Keeps(topicKey, id, Long.MAX_VALUE))));
        }
        return findings;
    }

    /** Reads a whole segment and its index. */
    List<Problem> contents(Part part) throws InterruptedException {
        String key = part.segment().orElseThrow().key().value();
        SegmentIndex deserved;
        try {
            deserved = objects.patiently(() -> inspection.segment(part.name()));
        } catch (StorageException e) {
            return List.of(SharedObjectCheck.problem(key, e));
        }
        if (part.index().isEmpty()) {
            return List.of(new Problem(
                    Problem.Kind.MISSING_OBJECT, part.name() + ".index", "it is not there, although its segment is"));
        }
        ObjectInfo index = part.index().orElseThrow();
        try {
            objects.patiently(() -> inspection.index(deserved, index));
            return List.of();
        } catch (StorageException e) {
            return List.of(SharedObjectCheck.problem(index.key().value(), e));
        }
    }
}
