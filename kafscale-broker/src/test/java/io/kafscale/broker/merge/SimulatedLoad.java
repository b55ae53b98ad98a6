// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import io.kafscale.broker.merge.MergePlan.Candidate;
import io.kafscale.broker.merge.MergePlan.Step;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * A broker under a steady load over virtual time, as far as the policy sees it: what was flushed when, what was merged, and
 * up to when each partition is sealed. No bytes, no threads. Confined to one thread.
 */
final class SimulatedLoad {

    static final double BYTES_PER_SECOND = 1_000_000;

    private static final double FLUSH_SECONDS = 0.1;
    private static final double BATCHES_PER_SECOND = 1_000;
    private static final double SEGMENT_BYTES = 64 << 20;
    private static final double SEGMENT_SECONDS = 24 * 3600;

    /** The sealer takes its time, not to be in the way of flushes. */
    private static final double SEALER_PUTS_PER_SECOND = 0.5;

    private static final double PART_BYTES = 8 << 20;
    private static final double MERGED_BYTES_PER_SECOND = 50e6;
    private static final int ENTRY_BYTES = 130;
    private static final int WINDOW_SECONDS = 600;

    private final int partitions;
    private final MergeLimits limits;
    private final List<Flushed> records = new ArrayList<>();
    private final double[] sealedThrough;
    private final double[] segmentSeconds;
    private final Deque<Integer> toSeal = new ArrayDeque<>();
    private final boolean[] queued;
    private final double[] unsealedBefore;
    private boolean sealedSomething = true;
    private double sealerFree;
    private double nextSealLook;
    private double mergerFree;
    private double nextLook;
    private double nextRelief;

    /** What was found out. */
    int mostRecords;

    int reliefs;
    int merges;
    long puts;
    double flushedBytes;
    double mergedBytes;
    double longestStretch = 1;
    double mostPutsPerSecond;
    private long putsInWindow;
    private int window;

    /** Records of a span of time in one object. */
    private record Flushed(double from, double end, int tier, double bytes) {}

    SimulatedLoad(int partitions, MergeLimits limits, Random random, int seconds) {
        this.partitions = partitions;
        this.limits = limits;
        this.sealedThrough = new double[partitions];
        this.segmentSeconds = new double[partitions];
        this.queued = new boolean[partitions];
        this.unsealedBefore = new double[seconds + 2];
        for (int i = 0; i < partitions; i++) {
            segmentSeconds[i] = SEGMENT_SECONDS * (0.9 + 0.1 * random.nextDouble());
        }
    }

    /** Lets so much time pass. */
    void run(int seconds) {
        double now = 0;
        while (now < seconds) {
            double stretch = limits.stretch(records.size());
            longestStretch = Math.max(longestStretch, stretch);
            double next = now + FLUSH_SECONDS * stretch;
            flush(now, next);
            now = next;
            seal(now);
            merge(now);
            mostRecords = Math.max(mostRecords, records.size());
            countWindow(now);
        }
    }

    private void flush(double from, double end) {
        double bytes = (end - from) * BYTES_PER_SECOND;
        flushedBytes += bytes;
        count(bytes <= PART_BYTES ? 1 : Math.ceil(bytes / PART_BYTES));
        records.add(new Flushed(from, end, 0, bytes));
    }

    private void count(double requests) {
        puts += (long) requests;
        putsInWindow += (long) requests;
    }

    private void countWindow(double now) {
        if (now >= (window + 1) * (double) WINDOW_SECONDS) {
            mostPutsPerSecond = Math.max(mostPutsPerSecond, putsInWindow / (double) WINDOW_SECONDS);
            putsInWindow = 0;
            window++;
        }
    }

    private void seal(double now) {
        if (now >= nextSealLook) {
            nextSealLook = now + 10;
            for (int i = 0; i < partitions; i++) {
                double age = now - sealedThrough[i];
                if (age >= segmentSeconds[i] || age * BYTES_PER_SECOND / partitions >= SEGMENT_BYTES) {
                    enqueue(i);
                }
            }
        }
        if (now >= sealerFree && !toSeal.isEmpty()) {
            int partition = toSeal.removeFirst();
            queued[partition] = false;
            double bytes = (now - sealedThrough[partition]) * BYTES_PER_SECOND / partitions;
            double requests = 1 + (bytes <= PART_BYTES ? 1 : Math.ceil(bytes / PART_BYTES) + 2);
            count(requests);
            sealedThrough[partition] = now;
            sealedSomething = true;
            sealerFree = now + requests / SEALER_PUTS_PER_SECOND;
        }
    }

    private void enqueue(int partition) {
        if (!queued[partition]) {
            queued[partition] = true;
            toSeal.addLast(partition);
        }
    }

    private void merge(double now) {
        if (now < mergerFree) {
            return;
        }
        long fresh = records.stream().filter(record -> record.tier() == 0).count();
        if (now < nextLook && fresh <= limits.freshRun() && records.size() < limits.pressureAt()) {
            return;
        }
        nextLook = now + limits.lookInterval().toSeconds();
        learn();
        Step step = MergePlan.next(records.stream().map(this::candidate).toList(), limits);
        if (step instanceof Step.Drop || step instanceof Step.Merge) {
            nextLook = now; // it goes on as long as there is something to do
        }
        switch (step) {
            case Step.Nothing nothing -> {}
            case Step.Drop(List<Integer> places) -> places.reversed().forEach(place -> records.remove((int) place));
            case Step.Merge(int from, int end, int tier) -> merge(from, end, tier, now);
            case Step.Relieve(int place) -> relieve(place, now);
        }
    }

    private void merge(int from, int end, int tier, double now) {
        List<Flushed> run = records.subList(from, end);
        double bytes = run.stream().mapToDouble(this::liveBytes).sum();
        Flushed merged = new Flushed(run.getFirst().from(), run.getLast().end(), tier, bytes);
        mergerFree = now + bytes / MERGED_BYTES_PER_SECOND + 0.02 * run.size();
        run.clear();
        records.add(from, merged);
        mergedBytes += bytes;
        merges++;
        count(bytes <= PART_BYTES ? 1 : Math.ceil(bytes / PART_BYTES) + 2);
    }

    private void relieve(int place, double now) {
        if (now >= nextRelief) {
            nextRelief = now + 60;
            reliefs++;
            Flushed oldest = records.get(place);
            int left = partitions / 5;
            for (int i = 0; i < partitions - left; i++) {
                if (sealedThrough[i] < oldest.end()) {
                    enqueue(i);
                }
            }
        }
    }

    /** Makes the curve of what is not sealed, up to each second. */
    private void learn() {
        if (!sealedSomething) {
            return;
        }
        sealedSomething = false;
        int[] ends = new int[unsealedBefore.length];
        for (double through : sealedThrough) {
            ends[(int) through]++;
        }
        int unsealed = 0;
        for (int second = 0; second + 1 < ends.length; second++) {
            unsealed += ends[second];
            unsealedBefore[second + 1] = unsealedBefore[second] + unsealed * (BYTES_PER_SECOND / partitions);
        }
    }

    private double before(double time) {
        int second = Math.min((int) time, unsealedBefore.length - 2);
        double slope = unsealedBefore[second + 1] - unsealedBefore[second];
        return unsealedBefore[second] + slope * (time - second);
    }

    private double liveBytes(Flushed record) {
        return Math.max(0, before(record.end()) - before(record.from()));
    }

    private Candidate candidate(Flushed record) {
        double live = liveBytes(record);
        double chunks = Math.min((record.end() - record.from()) * BATCHES_PER_SECOND, partitions + live / (4 << 20));
        return new Candidate(
                record.tier(),
                (long) record.bytes(),
                (long) live,
                live < 1 ? 0 : (int) chunks,
                (int) (chunks * ENTRY_BYTES),
                true);
    }
}
