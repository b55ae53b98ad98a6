// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.SharedFooter;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.proto.metadata.SharedObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which shared objects the logs of a restore are read from. A commit record names an object with all that is in it, so one
 * that also has what belongs to no log cannot be named: of it the chunks that do belong are copied. Confined to one thread.
 */
final class ObjectsPlan {

    private static final int MOST_MARKS = 1_000;

    /** By the keys of commit records, what stands behind {@code commits/}. */
    private final TreeMap<String, SharedObject> records = new TreeMap<>();

    /** Last sequence of each incarnation that has a record. */
    private final TreeMap<String, Long> heads = new TreeMap<>();

    private final List<Chains.Candidate> copies = new ArrayList<>();
    private int adopted;

    ObjectsPlan(ClusterMetadata base, LogsPlan logs) {
        Map<String, ClusterMetadata.Stored<SharedObject>> named = new HashMap<>();
        base.commits().forEach(commit -> named.put(commit.value().getKey(), commit));
        Map<Sighting, Set<Chunk>> wanted = new LinkedHashMap<>();
        logs.logs()
                .values()
                .forEach(log -> log.chain()
                        .links()
                        .forEach(link -> wanted.computeIfAbsent(link.sighting(), sighting -> new HashSet<>())
                                .add(link.chunk())));
        List<Sighting> order = new ArrayList<>(wanted.keySet());
        order.sort(
                Comparator.comparing((Sighting sighting) -> !sighting.isNamed()).thenComparing(Sighting::key));
        for (Sighting sighting : order) {
            Set<Chunk> chunks = wanted.getOrDefault(sighting, Set.of());
            boolean isWhole = sighting.chunks().stream()
                    .allMatch(chunk -> chunks.contains(chunk) || isOfNoAccount(chunk, logs.logs()));
            if (!isWhole || !adopt(base, sighting, named)) {
                sighting.chunks().stream()
                        .filter(chunks::contains)
                        .forEach(chunk -> copies.add(new Chains.Candidate(chunk, sighting)));
            }
        }
    }

    /** Whether recovery passes over a chunk. */
    private static boolean isOfNoAccount(Chunk chunk, Map<PartitionId, LogsPlan.Log> logs) {
        LogsPlan.Log log = logs.get(chunk.id());
        return log == null || chunk.endOffset() <= log.start();
    }

    /** False when another object has its place. */
    private boolean adopt(
            ClusterMetadata base, Sighting sighting, Map<String, ClusterMetadata.Stored<SharedObject>> named) {
        ClusterMetadata.Stored<SharedObject> known = named.get(sighting.key());
        String incarnation = known == null ? sighting.name().incarnation() : base.incarnation(known.key());
        SharedObject record = known == null ? record(sighting) : known.value();
        if (records.putIfAbsent(recordKey(incarnation, record.getFirstSequence()), record) != null) {
            return false;
        }
        heads.merge(incarnation, record.getLastSequence(), Math::max);
        if (known == null) {
            adopted++;
        }
        return true;
    }

    static String recordKey(String incarnation, long sequence) {
        return incarnation + "/" + "%020d".formatted(sequence);
    }

    private static SharedObject record(Sighting sighting) {
        return record(
                sighting.key(),
                sighting.footerPosition(),
                sighting.footerLength(),
                sighting.name().sequence(),
                sighting.chunks());
    }

    static SharedObject record(String key, long footerPosition, int footerLength, long sequence, List<Chunk> chunks) {
        SharedObject.Builder record = SharedObject.newBuilder()
                .setKey(key)
                .setSize(footerPosition + footerLength + SharedFooter.TRAILER_BYTES)
                .setFooterPosition(footerPosition)
                .setFooterLength(footerLength)
                .setFirstSequence(sequence)
                .setLastSequence(sequence);
        List<Integer> marks = chunks.stream()
                .map(chunk -> SharedFooter.mark(chunk.id()))
                .distinct()
                .sorted()
                .toList();
        return marks.size() <= MOST_MARKS ? record.addAllPartitionMarks(marks).build() : record.build();
    }

    Map<String, SharedObject> records() {
        return records;
    }

    Map<String, Long> heads() {
        return heads;
    }

    /** Chunks that must be copied, in an order that is the same each time. */
    List<Chains.Candidate> copies() {
        return copies;
    }

    /** How many objects come back that the base did not name. */
    int adopted() {
        return adopted;
    }
}
