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
import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.it.history.SendOutcome.Acknowledged;
import io.kafscale.it.history.SendOutcome.Refused;
import io.kafscale.it.history.SendOutcome.Unknown;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A checker is worth what it finds: each test spoils a good history in one place. */
final class HistoryCheckerTest {
    private static final int PARTITIONS = 3;
    private static final int PRODUCERS = 2;
    private static final int RECORDS = 600;

    private final Map<RecordId, SendOutcome> sends = new HashMap<>();
    private final List<List<PlacedRecord>> partitions = new ArrayList<>();
    private final List<PlacedRecord> seen = new ArrayList<>();
    private final List<OffsetCommit> commits = new ArrayList<>();
    private final List<OffsetLookup> lookups = new ArrayList<>();

    /** Two producers write to three partitions; some records have no known outcome, half of those were written all the same. */
    HistoryCheckerTest() {
        Random random = new Random(1);
        Map<Integer, Long> sequences = new HashMap<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            partitions.add(new ArrayList<>());
        }
        for (int index = 0; index < RECORDS; index++) {
            int partition = random.nextInt(PARTITIONS);
            int producer = random.nextInt(PRODUCERS);
            long sequence = sequences.merge(partition * PRODUCERS + producer, 1L, Long::sum) - 1;
            RecordId id = new RecordId(producer, partition, sequence);
            int kind = index < 6 ? 2 : random.nextInt(10);
            if (kind == 0) {
                sends.put(id, new Unknown("connection lost"));
            } else if (kind == 1) {
                append(id);
                sends.put(id, new Unknown("connection lost"));
            } else {
                sends.put(id, new Acknowledged(append(id).offset()));
            }
        }
        seen.addAll(partitions.get(1).subList(10, 40));
        commits.add(new OffsetCommit(0, 10, 1, 4, true));
        lookups.add(new OffsetLookup(0, OffsetLookup.NONE, 2, 3));
        commits.add(new OffsetCommit(0, 20, 5, 8, false));
        lookups.add(new OffsetLookup(0, 20, 6, 7));
        commits.add(new OffsetCommit(0, 30, 9, 10, true));
        lookups.add(new OffsetLookup(0, 30, 11, 12));
        lookups.add(new OffsetLookup(1, OffsetLookup.NONE, 11, 12));
    }

    @Test
    void findsNothingInAHistoryThatKeepsEveryPromise() {
        assertThat(check()).isEmpty();
    }

    @Test
    void findsAFakedAcknowledgement() {
        RecordId unwritten = firstUnwritten();
        sends.put(
                unwritten,
                new Acknowledged(partitions.get(unwritten.partition()).size()));

        assertThat(promisesBroken()).containsExactly(ACKNOWLEDGED_IS_KEPT);
    }

    @Test
    void findsAnAcknowledgementOfAnotherOffset() {
        PlacedRecord placed = acknowledged(0, 7);
        sends.put(placed.id(), new Acknowledged(placed.offset() + 1));

        assertThat(promisesBroken()).containsExactly(ACKNOWLEDGED_IS_KEPT);
    }

    @Test
    void findsADroppedRecord() {
        partitions.get(0).remove(acknowledged(0, 7));

        assertThat(promisesBroken()).containsExactlyInAnyOrder(ACKNOWLEDGED_IS_KEPT, OFFSETS_ARE_DENSE);
    }

    @Test
    void findsADroppedRecordWhenLaterOnesMovedUp() {
        partitions.get(0).remove(acknowledged(0, 7));
        renumber(0);
        acknowledgeWhatIsThere(0);

        assertThat(promisesBroken()).containsExactly(ACKNOWLEDGED_IS_KEPT);
    }

    @Test
    void findsALostEnd() {
        partitions.get(0).removeLast();

        List<Violation> violations =
                HistoryChecker.check(history(partitions.get(0).size() + 1));

        assertThat(violations).extracting(Violation::promise).contains(OFFSETS_ARE_DENSE);
    }

    @Test
    void findsARecordThatIsThereTwice() {
        PlacedRecord placed = acknowledged(0, 7);
        partitions.get(0).add(new PlacedRecord(0, partitions.get(0).size(), placed.id()));

        assertThat(promisesBroken()).contains(NOTHING_TWICE);
    }

    @Test
    void findsARecordOfUnknownOutcomeThatIsThereTwice() {
        PlacedRecord placed = partitions.get(0).stream()
                .filter(candidate -> sends.get(candidate.id()) instanceof Unknown)
                .findFirst()
                .orElseThrow();
        partitions.get(0).add(new PlacedRecord(0, partitions.get(0).size(), placed.id()));

        assertThat(promisesBroken()).contains(NOTHING_TWICE);
    }

    @Test
    void findsTwoSwappedRecords() {
        List<PlacedRecord> records = partitions.get(0);
        int first = indexOfTwoByOneProducer(records);
        Collections.swap(records, first, first + 1);
        renumber(0);

        assertThat(promisesBroken()).contains(ORDER_IS_KEPT, ACKNOWLEDGED_IS_KEPT);
    }

    @Test
    void findsTwoSwappedRecordsOfUnknownOutcome() {
        List<PlacedRecord> records = partitions.get(0);
        int first = indexOfTwoByOneProducer(records);
        sends.put(records.get(first).id(), new Unknown("connection lost"));
        sends.put(records.get(first + 1).id(), new Unknown("connection lost"));
        Collections.swap(records, first, first + 1);
        renumber(0);

        assertThat(promisesBroken()).containsExactly(ORDER_IS_KEPT);
    }

    @Test
    void findsARepeatedOffset() {
        List<PlacedRecord> records = partitions.get(0);
        PlacedRecord placed = records.get(8);
        records.set(8, new PlacedRecord(0, placed.offset() - 1, placed.id()));

        assertThat(promisesBroken()).contains(OFFSETS_ARE_DENSE);
    }

    @Test
    void findsAHoleInTheOffsets() {
        List<PlacedRecord> records = partitions.get(0);
        records.removeIf(placed -> placed.offset() == 9);

        assertThat(promisesBroken()).contains(OFFSETS_ARE_DENSE);
    }

    @Test
    void findsARecordThatNobodySent() {
        partitions.get(0).add(new PlacedRecord(0, partitions.get(0).size(), new RecordId(1, 0, 100_000)));

        assertThat(promisesBroken()).containsExactly(NOTHING_INVENTED);
    }

    @Test
    void findsARecordThatWasRefusedForCertain() {
        sends.put(acknowledged(0, 7).id(), new Refused("too large"));

        assertThat(promisesBroken()).containsExactly(NOTHING_INVENTED);
    }

    @Test
    void findsARecordInAnotherPartition() {
        PlacedRecord placed = partitions.get(0).removeLast();
        partitions.get(1).add(new PlacedRecord(1, partitions.get(1).size(), placed.id()));

        assertThat(promisesBroken()).contains(NOTHING_INVENTED);
    }

    @Test
    void findsThatAConsumerSawSomethingElse() {
        seen.add(new PlacedRecord(0, 7, partitions.get(0).get(8).id()));

        assertThat(promisesBroken()).containsExactly(CONTENT_IS_FINAL);
    }

    @Test
    void findsThatAConsumerSawWhatIsGone() {
        seen.add(new PlacedRecord(2, 100_000, firstUnwritten()));

        assertThat(promisesBroken()).containsExactly(CONTENT_IS_FINAL);
    }

    @Test
    void findsACommittedOffsetThatWentBack() {
        lookups.add(new OffsetLookup(0, 10, 13, 14));

        assertThat(promisesBroken()).containsExactly(COMMITTED_OFFSETS_STAND);
    }

    @Test
    void findsACommittedOffsetThatWentBackToNone() {
        lookups.add(new OffsetLookup(0, OffsetLookup.NONE, 13, 14));

        assertThat(promisesBroken()).containsExactly(COMMITTED_OFFSETS_STAND);
    }

    @Test
    void findsACommittedOffsetThatWentBackBehindWhatWasShown() {
        commits.clear();
        lookups.clear();
        commits.add(new OffsetCommit(0, 10, 1, 2, true));
        commits.add(new OffsetCommit(0, 20, 3, 4, false));
        lookups.add(new OffsetLookup(0, 20, 5, 6));
        lookups.add(new OffsetLookup(0, 10, 7, 8));

        assertThat(promisesBroken()).containsExactly(COMMITTED_OFFSETS_STAND);
    }

    @Test
    void acceptsThatACommitOfUnknownOutcomeDoesNotCount() {
        commits.add(new OffsetCommit(0, 40, 13, 14, false));
        lookups.add(new OffsetLookup(0, 30, 15, 16));

        assertThat(check()).isEmpty();
    }

    @Test
    void acceptsThatALookupDuringACommitShowsEitherOffset() {
        commits.add(new OffsetCommit(0, 40, 13, 18, true));
        lookups.add(new OffsetLookup(0, 30, 14, 15));
        lookups.add(new OffsetLookup(0, 40, 16, 17));

        assertThat(check()).isEmpty();
    }

    @Test
    void findsACommittedOffsetThatNobodyCommitted() {
        lookups.add(new OffsetLookup(0, 31, 13, 14));

        assertThat(promisesBroken()).containsExactly(COMMITTED_OFFSETS_ARE_REAL);
    }

    private PlacedRecord append(RecordId id) {
        List<PlacedRecord> records = partitions.get(id.partition());
        PlacedRecord placed = new PlacedRecord(id.partition(), records.size(), id);
        records.add(placed);
        return placed;
    }

    private void renumber(int partition) {
        List<PlacedRecord> records = partitions.get(partition);
        for (int index = 0; index < records.size(); index++) {
            records.set(
                    index, new PlacedRecord(partition, index, records.get(index).id()));
        }
    }

    private void acknowledgeWhatIsThere(int partition) {
        for (PlacedRecord placed : partitions.get(partition)) {
            if (sends.get(placed.id()) instanceof Acknowledged) {
                sends.put(placed.id(), new Acknowledged(placed.offset()));
            }
        }
    }

    private PlacedRecord acknowledged(int partition, int atLeast) {
        return partitions.get(partition).stream()
                .filter(placed -> placed.offset() >= atLeast && sends.get(placed.id()) instanceof Acknowledged)
                .findFirst()
                .orElseThrow();
    }

    private RecordId firstUnwritten() {
        Set<RecordId> written =
                partitions.stream().flatMap(List::stream).map(PlacedRecord::id).collect(Collectors.toSet());
        return sends.keySet().stream()
                .filter(id -> !written.contains(id))
                .min((one, other) -> Long.compare(one.sequence(), other.sequence()))
                .orElseThrow();
    }

    private int indexOfTwoByOneProducer(List<PlacedRecord> records) {
        for (int index = 10; index < records.size() - 1; index++) {
            boolean bothAcknowledged = sends.get(records.get(index).id()) instanceof Acknowledged
                    && sends.get(records.get(index + 1).id()) instanceof Acknowledged;
            if (bothAcknowledged
                    && records.get(index).id().producer()
                            == records.get(index + 1).id().producer()) {
                return index;
            }
        }
        throw new IllegalStateException("No such pair");
    }

    private List<Violation> check() {
        return HistoryChecker.check(history(
                partitions.get(0).isEmpty() ? 0 : partitions.get(0).getLast().offset() + 1));
    }

    private Set<Violation.Promise> promisesBroken() {
        return check().stream().map(Violation::promise).collect(Collectors.toSet());
    }

    private History history(long endOfFirstPartition) {
        List<PartitionContent> contents = new ArrayList<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            List<PlacedRecord> records = partitions.get(partition);
            long end = partition == 0 ? endOfFirstPartition : records.size();
            contents.add(new PartitionContent(partition, 0, end, records));
        }
        return new History(sends, seen, commits, lookups, contents);
    }
}
