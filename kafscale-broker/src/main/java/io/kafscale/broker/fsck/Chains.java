// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.chunk.Chunk;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;

/**
 * Finds the log of a partition among all chunks that stand in a bucket, whether they were committed or not.
 *
 * <p>A new owner begins where the last commit before it ended. So a chunk that reaches behind the lowest offset of a higher
 * leader epoch was never committed: it is <b>void</b>. Of one epoch each offset has one content, however it is cut into
 * chunks. So among the chunks that are not void, the longest row of joining ones is the log: it holds all that was committed,
 * and perhaps more that was written by the last owner and never answered.
 *
 * <p>Stateless.
 */
final class Chains {

    private Chains() {}

    /** A chunk and what it is in. Immutable. */
    record Candidate(Chunk chunk, Sighting sighting) {}

    /**
     * A log. Immutable.
     *
     * @param start where it was to begin
     * @param links in order, each beginning where the one before it ends; the first may begin before the start
     * @param end exclusive
     * @param beyond what is not void and stands behind a hole, in the order of offsets
     */
    record Chain(long start, List<Candidate> links, long end, List<Candidate> beyond) {}

    /** The best way from an offset on. Immutable. */
    private record Way(Candidate first, long reach) {}

    /**
     * Those chunks that may have been committed.
     *
     * @param epochStarts the lowest offset of each leader epoch, as far as it is known
     */
    static List<Candidate> valid(List<Candidate> all, NavigableMap<Integer, Long> epochStarts) {
        return all.stream()
                .filter(candidate -> epochStarts.tailMap(candidate.chunk().leaderEpoch(), false).values().stream()
                        .noneMatch(start -> start < candidate.chunk().endOffset()))
                .toList();
    }

    /**
     * The longest log from a start on.
     *
     * @param valid none of them void
     */
    static Chain longest(List<Candidate> valid, long start) {
        Map<Long, Way> ways = new HashMap<>();
        List<Candidate> fromTheEnd = new ArrayList<>(valid);
        fromTheEnd.sort(Comparator.comparingLong(
                        (Candidate candidate) -> candidate.chunk().baseOffset())
                .reversed());
        Optional<Way> first = Optional.empty();
        for (Candidate candidate : fromTheEnd) {
            Chunk chunk = candidate.chunk();
            long reach = Optional.ofNullable(ways.get(chunk.endOffset()))
                    .map(Way::reach)
                    .orElse(chunk.endOffset());
            Way way = new Way(candidate, reach);
            ways.merge(chunk.baseOffset(), way, Chains::better);
            if (chunk.baseOffset() <= start && chunk.endOffset() > start) {
                first = Optional.of(first.map(other -> better(other, way)).orElse(way));
            }
        }
        List<Candidate> links = new ArrayList<>();
        long end = start;
        for (Optional<Way> way = first; way.isPresent(); way = Optional.ofNullable(ways.get(end))) {
            links.add(way.get().first());
            end = way.get().first().chunk().endOffset();
        }
        long reached = end;
        List<Candidate> beyond = valid.stream()
                .filter(candidate -> candidate.chunk().baseOffset() > reached)
                .sorted(Comparator.comparingLong(
                                (Candidate candidate) -> candidate.chunk().baseOffset())
                        .thenComparing(candidate -> candidate.sighting().key()))
                .toList();
        return new Chain(start, List.copyOf(links), end, beyond);
    }

    /** The one that reaches further; then what the metadata names; then the larger object; then the first name. */
    private static Way better(Way a, Way b) {
        Comparator<Way> order = Comparator.comparingLong(Way::reach)
                .thenComparing(way -> way.first().sighting().isNamed())
                .thenComparingLong(way -> way.first().sighting().object().sizeBytes())
                .thenComparing(way -> way.first().sighting().key(), Comparator.reverseOrder());
        return order.compare(a, b) >= 0 ? a : b;
    }
}
