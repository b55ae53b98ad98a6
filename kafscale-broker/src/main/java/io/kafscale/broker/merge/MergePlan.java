// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What to do next with the commit records of an incarnation. Four reasons, the first that holds decides:
 *
 * <pre>
 * nothing is left in a record           it is dropped
 * a tier has a full run                 merged to the next tier
 * little is left in adjacent records    merged, the tier stays
 * there are nearly too many             the cheapest run is merged, or the oldest record's partitions are to be sealed
 * </pre>
 *
 * <p>A full run of a tier begins and ends with records of it and has none of a higher one between; it has so many of them
 * as the limits say, or so many bytes that the next would be too much. The last record is never touched, since it covers
 * the head. Stateless.
 */
final class MergePlan {

    /** Of a record in which little is left no more than this part is. */
    private static final int LITTLE_PART = 4;

    /** So many in a row are worth a rewriting. */
    private static final int LEAST_LITTLE = 4;

    private static final int LEAST_CHEAP = 4;

    /** Getting rid of a record is cheap when no more than this part of a large object is rewritten for it. */
    private static final int CHEAP_PART = 32;

    /**
     * Fresh objects that together have more than this part of a large one are large themselves: soon there is enough of
     * their partitions to be sealed, which leaves nothing of them.
     */
    private static final int FRESH_PART = 8;

    private MergePlan() {}

    /**
     * What the policy knows of a record. Immutable.
     *
     * @param bytes of all its chunks
     * @param liveBytes of those that are still needed
     * @param footerBytes of its object
     * @param movable whether it can be merged: its object is not known to be damaged
     */
    record Candidate(int tier, long bytes, long liveBytes, int liveChunks, int footerBytes, boolean movable) {

        private boolean isDead() {
            return liveChunks == 0;
        }

        private boolean hasLittleLeft() {
            return movable && tier > 0 && liveBytes <= bytes / LITTLE_PART;
        }
    }

    /** What to do. Immutable. */
    sealed interface Step {

        record Nothing() implements Step {}

        /** These places hold nothing any more. */
        record Drop(List<Integer> places) implements Step {}

        /** From a place up to another, exclusive. */
        record Merge(int from, int end, int tier) implements Step {}

        /** Nothing can be merged; this is the oldest record. */
        record Relieve(int place) implements Step {}
    }

    /** The next step for records in the order of their sequences. */
    static Step next(List<Candidate> records, MergeLimits limits) {
        return new Look(records, limits).next();
    }

    /** One look at all records. Confined to one thread. */
    private static final class Look {
        private final List<Candidate> records;
        private final MergeLimits limits;

        /** All but the last. */
        private final int end;

        private Look(List<Candidate> records, MergeLimits limits) {
            this.records = records;
            this.limits = limits;
            this.end = Math.max(0, records.size() - 1);
        }

        private Step next() {
            return drop().or(this::fullRun)
                    .or(this::littleLeft)
                    .or(this::tooMany)
                    .orElseGet(Step.Nothing::new);
        }

        private Optional<Step> drop() {
            List<Integer> dead = IntStream.range(0, end)
                    .filter(place -> records.get(place).isDead())
                    .limit(MergeLimits.MOST_RECORDS)
                    .boxed()
                    .toList();
            return dead.isEmpty() ? Optional.empty() : Optional.of(new Step.Drop(dead));
        }

        private Optional<Step> fullRun() {
            int highest = records.stream().mapToInt(Candidate::tier).max().orElse(0);
            return IntStream.rangeClosed(0, highest)
                    .mapToObj(this::fullRun)
                    .flatMap(Optional::stream)
                    .findFirst();
        }

        private Optional<Step> fullRun(int tier) {
            int needed = tier == 0 ? limits.freshRun() : limits.tierRun();
            for (int from = 0; from < end; from++) {
                if (records.get(from).tier() == tier) {
                    int last = lastOf(tier, from);
                    boolean full = ofTier(tier, from, last) >= needed || isCutShort(tier, from, last);
                    if (full && isWorthIt(from, last + 1) && !willBeSealed(tier, from, last + 1)) {
                        return Optional.of(new Step.Merge(from, last + 1, tier + 1));
                    }
                }
            }
            return Optional.empty();
        }

        private boolean willBeSealed(int tier, int from, int stop) {
            return tier == 0 && liveBytes(from, stop) > limits.objectBytes() / FRESH_PART;
        }

        /** The last of the tier behind {@code from} up to which everything fits and nothing is of a higher tier. */
        private int lastOf(int tier, int from) {
            int last = from;
            int stop = fitting(from);
            for (int place = from; place < stop && records.get(place).tier() <= tier; place++) {
                if (records.get(place).tier() == tier) {
                    last = place;
                }
            }
            return last;
        }

        /** Whether the next of the tier would belong to the run, but does not fit. */
        private boolean isCutShort(int tier, int from, int last) {
            int stop = fitting(from);
            for (int place = last + 1; place < end; place++) {
                Candidate next = records.get(place);
                if (next.tier() > tier || !next.movable()) {
                    return false;
                }
                if (next.tier() == tier) {
                    return place >= stop;
                }
            }
            return false;
        }

        /** No record is rewritten for the sake of others that have less than it has. */
        private boolean isWorthIt(int from, int stop) {
            long all = liveBytes(from, stop);
            long largest = records.subList(from, stop).stream()
                    .mapToLong(Candidate::liveBytes)
                    .max()
                    .orElse(0);
            return stop - from > 1 && largest <= all - largest;
        }

        private long liveBytes(int from, int stop) {
            return records.subList(from, stop).stream()
                    .mapToLong(Candidate::liveBytes)
                    .sum();
        }

        private int ofTier(int tier, int from, int last) {
            return (int) IntStream.rangeClosed(from, last)
                    .filter(place -> records.get(place).tier() == tier)
                    .count();
        }

        /** The place behind the longest run that can be merged in one go; {@code from} when there is none. */
        private int fitting(int from) {
            long bytes = 0;
            long footers = 0;
            int place = from;
            while (place < end && place - from < MergeLimits.MOST_RECORDS) {
                Candidate record = records.get(place);
                bytes += record.liveBytes();
                footers += record.footerBytes();
                if (!record.movable() || bytes > limits.objectBytes() || footers > limits.footerBytes()) {
                    break;
                }
                place++;
            }
            return place;
        }

        private Optional<Step> littleLeft() {
            for (int from = 0; from < end; from++) {
                int stop = fitting(from);
                int place = from;
                while (place < stop && records.get(place).hasLittleLeft()) {
                    place++;
                }
                if (place - from >= LEAST_LITTLE) {
                    return Optional.of(new Step.Merge(from, place, highestTier(from, place)));
                }
            }
            return Optional.empty();
        }

        private int highestTier(int from, int stop) {
            return IntStream.range(from, stop)
                    .map(place -> Math.max(1, records.get(place).tier()))
                    .max()
                    .orElse(1);
        }

        private Optional<Step> tooMany() {
            if (records.size() < limits.reliefAt()) {
                return Optional.empty();
            }
            Optional<Step> cheapest = records.size() < limits.pressureAt() ? Optional.empty() : cheapest();
            return cheapest.or(this::oldest);
        }

        /** The run that costs the fewest bytes for each record less, if that is cheap or there is no time. */
        private Optional<Step> cheapest() {
            boolean urgent = records.size() >= limits.cap();
            double bestCost = urgent ? Double.MAX_VALUE : (double) limits.objectBytes() / CHEAP_PART;
            Optional<Step> best = Optional.empty();
            for (int from = 0; from < end; from++) {
                int stop = fitting(from);
                for (int place = from + LEAST_CHEAP; place <= stop; place++) {
                    double cost = (double) liveBytes(from, place) / (place - from - 1);
                    if (cost < bestCost && (urgent || isSensible(from, place))) {
                        bestCost = cost;
                        best = Optional.of(new Step.Merge(from, place, highestTier(from, place)));
                    }
                }
            }
            return best;
        }

        /** Fresh ones come all the time, so merging few of them would be nearly a second put for each. */
        private boolean isSensible(int from, int stop) {
            boolean fresh =
                    records.get(stop - 1).tier() == 0 || records.get(from).tier() == 0;
            int least = fresh ? limits.freshRun() / LITTLE_PART : LEAST_CHEAP;
            return stop - from >= least && isWorthIt(from, stop);
        }

        private Optional<Step> oldest() {
            return end == 0 ? Optional.empty() : Optional.of(new Step.Relieve(0));
        }
    }
}
