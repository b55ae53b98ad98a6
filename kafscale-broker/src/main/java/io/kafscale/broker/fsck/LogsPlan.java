// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.SharedFooter;
import io.kafscale.broker.janitor.BucketHistory;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.segment.SegmentName;
import io.kafscale.proto.metadata.PartitionState;
import io.kafscale.proto.metadata.SharedObject;
import io.kafscale.proto.metadata.TopicConfig;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What becomes of each partition in a restore: where it begins, through where it is sealed, which chunks follow. What stands in
 * sealed segments was committed, so all of them count, also behind a hole; the chunks behind it end at the first hole.
 * Confined to one thread.
 */
final class LogsPlan {

    /** Epochs may have been given away that nobody has written with. */
    private static final int EPOCH_MARGIN = 1_000;

    private final ClusterMetadata base;
    private final Survey survey;
    private final TopicsPlan topics;
    private final Optional<BucketHistory.Past> past;
    private final Set<Chains.Candidate> broken;
    private final Map<PartitionId, List<Chains.Candidate>> candidates = new HashMap<>();
    private final Set<Integer> dark = new HashSet<>();
    private final boolean blind;
    private final TreeMap<PartitionId, Log> logs = new TreeMap<>();
    private final List<Problem> problems = new ArrayList<>();

    /** A partition after the restore. Immutable. */
    record Log(PartitionState state, Chains.Chain chain) {

        /** From which offset on chunks count. */
        long start() {
            return chain.start();
        }
    }

    /** @param broken chunks that are not there although a footer names them */
    LogsPlan(
            ClusterMetadata base,
            Survey survey,
            TopicsPlan topics,
            Optional<BucketHistory.Past> past,
            Set<Chains.Candidate> broken) {
        this.base = base;
        this.survey = survey;
        this.topics = topics;
        this.past = past;
        this.broken = Set.copyOf(broken);
        Set<String> there = new HashSet<>();
        for (Sighting sighting : survey.sightings()) {
            there.add(sighting.key());
            for (Chunk chunk : sighting.chunks()) {
                candidates
                        .computeIfAbsent(chunk.id(), id -> new ArrayList<>())
                        .add(new Chains.Candidate(chunk, sighting));
            }
        }
        List<SharedObject> gone = base.commits().stream()
                .map(ClusterMetadata.Stored::value)
                .filter(record -> !there.contains(record.getKey()))
                .toList();
        // what cannot be read may name anything
        this.blind =
                !base.unreadable().isEmpty() || gone.stream().anyMatch(record -> record.getPartitionMarksCount() == 0);
        gone.forEach(record -> dark.addAll(record.getPartitionMarksList()));
        topics.topics().forEach((topicId, topic) -> {
            for (int partition = 0; partition < topic.getPartitions(); partition++) {
                plan(new PartitionId(topicId, partition), topic);
            }
        });
    }

    private void plan(PartitionId id, TopicConfig topic) {
        String name = topic.getName() + "[" + id + "]";
        Optional<PartitionState> known = base.state(id);
        List<Chains.Candidate> all = candidates.getOrDefault(id, List.of());
        NavigableMap<Integer, Long> epochStarts = survey.epochStarts(id);
        noteBase(id, all, epochStarts);
        List<Chains.Candidate> valid = Chains.valid(all, epochStarts).stream()
                .filter(candidate -> !broken.contains(candidate))
                .toList();
        Collection<SealedCheck.Part> parts = parts(id, valid);
        long logStart = logStart(id, parts, valid);
        long sealed = sealed(id, parts);
        SealedCheck.tile(parts, logStart, sealed)
                .holes()
                .forEach(hole -> problems.add(new Problem(
                        Problem.Kind.HOLE,
                        name,
                        "offsets " + hole.fromOffset() + " to " + (hole.endOffset() - 1)
                                + " are in no sealed segment; reading them fails, what follows is kept")));
        Chains.Chain chain = Chains.longest(valid, Math.max(logStart, sealed));
        reportHole(name, chain);
        int epoch = epoch(known, parts, epochStarts);
        PartitionState state = known.map(PartitionState::toBuilder)
                .orElseGet(PartitionState::newBuilder)
                .setLeaderEpoch(Math.addExact(epoch, EPOCH_MARGIN))
                .setLogStart(logStart)
                .setSealedThrough(sealed)
                .setNewestSegment(newest(parts))
                .build();
        logs.put(id, new Log(state, chain));
    }

    /** What was sealed; damaged segments at the end are left out where chunks have what is in them. */
    private Collection<SealedCheck.Part> parts(PartitionId id, List<Chains.Candidate> valid) {
        List<SealedCheck.Part> all = survey.segments().getOrDefault(id, Map.of()).values().stream()
                .filter(part -> topics.owns(part.name()))
                .toList();
        List<SealedCheck.Part> sound = all.stream().filter(this::isSound).toList();
        long sealed = sealed(id, sound);
        long start = Math.max(logStart(id, sound, valid), sealed);
        return Chains.longest(valid, start).end() < end(all)
                ? all
                : all.stream()
                        .filter(part -> isSound(part) || part.name().endOffset() <= sealed)
                        .toList();
    }

    /** A segment without an index is what a sealing has left that was cut short. */
    private boolean isSound(SealedCheck.Part part) {
        return part.index().isPresent()
                && part.segment().or(part::index).filter(survey::isSound).isPresent();
    }

    /** The base has seen the end of all epochs below its own. */
    private void noteBase(PartitionId id, List<Chains.Candidate> all, NavigableMap<Integer, Long> epochStarts) {
        Optional<PartitionState> known = base.state(id);
        if (known.isEmpty() || blind || dark.contains(SharedFooter.mark(id))) {
            return;
        }
        long end = Math.max(known.get().getLogStart(), known.get().getSealedThrough());
        for (Chains.Candidate candidate : all) {
            if (candidate.sighting().isNamed()) {
                end = Math.max(end, candidate.chunk().endOffset());
            }
        }
        epochStarts.merge(known.get().getLeaderEpoch(), end, Math::min);
    }

    /** A partition that neither the metadata nor a look at it knows begins with the first that is left of it. */
    private long logStart(PartitionId id, Collection<SealedCheck.Part> parts, List<Chains.Candidate> valid) {
        Optional<Long> known = base.state(id).map(PartitionState::getLogStart);
        Optional<Long> later = past.map(look -> look.logStarts().get(id));
        if (known.isPresent() || later.isPresent()) {
            return Math.max(known.orElse(0L), later.orElse(0L));
        }
        if (!parts.isEmpty() && parts.stream().noneMatch(part -> part.segment().isPresent())) {
            // the newest index stays when all before its end was trimmed
            return end(parts);
        }
        long sealed = parts.stream()
                .filter(part -> part.segment().isPresent())
                .mapToLong(part -> part.name().baseOffset())
                .min()
                .orElse(Long.MAX_VALUE);
        long fresh = valid.stream()
                .mapToLong(candidate -> candidate.chunk().baseOffset())
                .min()
                .orElse(Long.MAX_VALUE);
        long first = Math.min(sealed, fresh);
        return first == Long.MAX_VALUE ? 0 : first;
    }

    /** A segment of which only the index is left was sealed all the same. */
    private long sealed(PartitionId id, Collection<SealedCheck.Part> parts) {
        long known = base.state(id).map(PartitionState::getSealedThrough).orElse(0L);
        long later = past.map(look -> look.sealed().get(id)).orElse(0L);
        return Math.max(end(parts), Math.max(known, later));
    }

    private static long end(Collection<SealedCheck.Part> parts) {
        return parts.stream().mapToLong(part -> part.name().endOffset()).max().orElse(0);
    }

    private void reportHole(String name, Chains.Chain chain) {
        if (!chain.beyond().isEmpty()) {
            Chains.Candidate next = chain.beyond().getFirst();
            String beyond = String.join(
                    ", ",
                    chain.beyond().stream()
                            .map(candidate -> candidate.sighting().key())
                            .distinct()
                            .toList());
            problems.add(new Problem(
                    Problem.Kind.HOLE,
                    name,
                    "offsets " + chain.end() + " to " + (next.chunk().baseOffset() - 1)
                            + " are in no object; the log ends there, and what follows is left in " + beyond));
        }
    }

    private static int epoch(
            Optional<PartitionState> known,
            Collection<SealedCheck.Part> parts,
            NavigableMap<Integer, Long> epochStarts) {
        int epoch = known.map(PartitionState::getLeaderEpoch).orElse(0);
        for (SealedCheck.Part part : parts) {
            epoch = Math.max(epoch, part.name().leaderEpoch());
        }
        return epochStarts.isEmpty() ? epoch : Math.max(epoch, epochStarts.lastKey());
    }

    /** The segment that reaches furthest, of those that are there, or whose index is; empty for none. */
    private static String newest(Collection<SealedCheck.Part> parts) {
        return parts.stream()
                .map(SealedCheck.Part::name)
                .max(Comparator.comparingLong(SegmentName::endOffset).thenComparingInt(SegmentName::leaderEpoch))
                .map(SegmentName::toString)
                .orElse("");
    }

    Map<PartitionId, Log> logs() {
        return logs;
    }

    List<Problem> problems() {
        return problems;
    }
}
