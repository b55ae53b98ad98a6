// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.history;

import static io.kafscale.it.history.Violation.Promise.ACKNOWLEDGED_IS_KEPT;
import static io.kafscale.it.history.Violation.Promise.COMMITTED_OFFSETS_ARE_REAL;
import static io.kafscale.it.history.Violation.Promise.COMMITTED_OFFSETS_STAND;
import static io.kafscale.it.history.Violation.Promise.CONTENT_IS_FINAL;
import static io.kafscale.it.history.Violation.Promise.NOTHING_INVENTED;
import static io.kafscale.it.history.Violation.Promise.NOTHING_TWICE;
import static io.kafscale.it.history.Violation.Promise.OFFSETS_ARE_DENSE;
import static io.kafscale.it.history.Violation.Promise.ORDER_IS_KEPT;

import io.kafscale.it.history.SendOutcome.Acknowledged;
import io.kafscale.it.history.SendOutcome.Refused;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Judges a history: finds every place where it shows a promise broken.
 *
 * <p>Outcomes that nobody knows bind nothing: such a record may be there once or not at all, such a commit may count or not.
 * Commits and look-ups of a group's offset overlap, so only those that ended before another began say anything about it.
 *
 * <p>Confined to one thread.
 */
public final class HistoryChecker {
    private final History history;
    private final List<Violation> violations = new ArrayList<>();
    private final Map<Place, RecordId> recordAt = new HashMap<>();
    private final Map<RecordId, Place> placeOf = new HashMap<>();

    private HistoryChecker(History history) {
        this.history = history;
    }

    /** All violations that {@code history} shows; none: it keeps every promise. */
    public static List<Violation> check(History history) {
        HistoryChecker checker = new HistoryChecker(history);
        history.contents().forEach(checker::readContent);
        history.contents().forEach(checker::checkOrder);
        checker.checkSends();
        checker.checkSeen();
        checker.checkCommittedOffsets();
        return List.copyOf(checker.violations);
    }

    private void readContent(PartitionContent content) {
        long expected = content.startOffset();
        for (PlacedRecord placed : content.records()) {
            Place place = new Place(placed.partition(), placed.offset());
            if (placed.partition() != content.partition() || placed.id().partition() != content.partition()) {
                report(NOTHING_INVENTED, "record of another partition at " + place + ": " + placed.id());
            }
            if (placed.offset() != expected) {
                report(OFFSETS_ARE_DENSE, "offset " + expected + " expected, but " + place + " read");
            }
            expected = placed.offset() + 1;
            recordAt.put(place, placed.id());
            Place other = placeOf.putIfAbsent(placed.id(), place);
            if (other != null) {
                report(NOTHING_TWICE, placed.id() + " at " + other + " and at " + place);
            }
        }
        if (expected != content.endOffset()) {
            report(
                    OFFSETS_ARE_DENSE,
                    "partition " + content.partition() + " was read up to " + expected + ", its end is "
                            + content.endOffset());
        }
    }

    private void checkOrder(PartitionContent content) {
        Map<Integer, RecordId> lastOfProducer = new HashMap<>();
        for (PlacedRecord placed : content.records()) {
            RecordId before = lastOfProducer.put(placed.id().producer(), placed.id());
            if (before != null && before.sequence() >= placed.id().sequence()) {
                report(ORDER_IS_KEPT, placed.id() + " behind " + before);
            }
        }
    }

    private void checkSends() {
        history.sends().forEach((id, outcome) -> {
            Optional<Place> found = Optional.ofNullable(placeOf.get(id));
            if (outcome instanceof Acknowledged acknowledged) {
                Place promised = new Place(id.partition(), acknowledged.offset());
                if (!found.equals(Optional.of(promised))) {
                    report(ACKNOWLEDGED_IS_KEPT, id + " acknowledged at " + promised + ", found at " + found);
                }
            } else if (outcome instanceof Refused refused && found.isPresent()) {
                report(NOTHING_INVENTED, id + " was refused (" + refused.error() + "), found at " + found.get());
            }
        });
        placeOf.forEach((id, place) -> {
            if (!history.sends().containsKey(id)) {
                report(NOTHING_INVENTED, id + " was never sent, found at " + place);
            }
        });
    }

    private void checkSeen() {
        for (PlacedRecord placed : history.seen()) {
            Place place = new Place(placed.partition(), placed.offset());
            RecordId inTheEnd = recordAt.get(place);
            if (!placed.id().equals(inTheEnd)) {
                report(CONTENT_IS_FINAL, placed.id() + " was seen at " + place + ", in the end there was " + inTheEnd);
            }
        }
    }

    private void checkCommittedOffsets() {
        Set<Place> asked = new HashSet<>();
        history.commits().forEach(commit -> asked.add(new Place(commit.partition(), commit.offset())));
        for (OffsetLookup lookup : history.lookups()) {
            Place shown = new Place(lookup.partition(), lookup.offset());
            if (lookup.offset() != OffsetLookup.NONE && !asked.contains(shown)) {
                report(COMMITTED_OFFSETS_ARE_REAL, "nobody committed " + shown);
            }
        }
        Map<Integer, List<Known>> byPartition = new HashMap<>();
        history.commits().stream()
                .filter(OffsetCommit::acknowledged)
                .forEach(commit -> byPartition
                        .computeIfAbsent(commit.partition(), partition -> new ArrayList<>())
                        .add(new Known(commit.offset(), commit.began(), commit.ended(), false)));
        history.lookups()
                .forEach(lookup -> byPartition
                        .computeIfAbsent(lookup.partition(), partition -> new ArrayList<>())
                        .add(new Known(lookup.offset(), lookup.began(), lookup.ended(), true)));
        byPartition.forEach(this::checkNeverBack);
    }

    /** Goes through a partition's look-ups in the order in which they began, with the highest offset known by then. */
    private void checkNeverBack(int partition, List<Known> known) {
        List<Known> byEnd =
                known.stream().sorted(Comparator.comparingLong(Known::ended)).toList();
        List<Known> byBegin = known.stream()
                .filter(Known::isLookup)
                .sorted(Comparator.comparingLong(Known::began))
                .toList();
        long highest = OffsetLookup.NONE;
        int next = 0;
        for (Known lookup : byBegin) {
            for (; next < byEnd.size() && byEnd.get(next).ended() < lookup.began(); next++) {
                highest = Math.max(highest, byEnd.get(next).offset());
            }
            if (lookup.offset() < highest) {
                report(
                        COMMITTED_OFFSETS_STAND,
                        "partition " + partition + " showed " + lookup.offset() + " after " + highest);
            }
        }
    }

    private void report(Violation.Promise promise, String where) {
        violations.add(new Violation(promise, where));
    }

    private record Place(int partition, long offset) {
        /** Spreads neighbours, of which a history has hundreds of thousands. */
        @Override
        public int hashCode() {
            return Long.hashCode((offset * 1_021 + partition) * 0x9E3779B97F4A7C15L);
        }
    }

    private record Known(long offset, long began, long ended, boolean isLookup) {}
}
