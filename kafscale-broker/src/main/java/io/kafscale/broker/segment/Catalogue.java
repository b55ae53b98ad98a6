// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Those segments of a partition that cover what all of its segments do, in order; as columns of numbers, since there may be
 * very many. Where segments overlap, which happens when an owner died between the object and the state, it has at each
 * offset the one that reaches furthest, and of several the one of the highest leader epoch; every offset has one content, so
 * it does not matter which. Bases and ends rise; where one begins behind the end of the one before, segments are missing.
 * Immutable.
 */
final class Catalogue {

    static final Catalogue EMPTY = new Catalogue(List.of(), "");

    private static final int OVERHEAD_BYTES = 300;
    private static final int ROW_BYTES = 28;

    private final long[] baseOffsets;
    private final long[] endOffsets;
    private final int[] leaderEpochs;
    private final long[] sizes;
    private final String lastKey;

    private Catalogue(List<CatalogueRow> cover, String lastKey) {
        int count = cover.size();
        this.baseOffsets = new long[count];
        this.endOffsets = new long[count];
        this.leaderEpochs = new int[count];
        this.sizes = new long[count];
        this.lastKey = lastKey;
        for (int i = 0; i < count; i++) {
            CatalogueRow row = cover.get(i);
            baseOffsets[i] = row.baseOffset();
            endOffsets[i] = row.endOffset();
            leaderEpochs[i] = row.leaderEpoch();
            sizes[i] = row.sizeBytes();
        }
    }

    /**
     * The catalogue of segments.
     *
     * @param rows in any order
     * @param lastKey of the listing that they are from; the segments of larger keys are not among them
     */
    static Catalogue of(Collection<CatalogueRow> rows, String lastKey) {
        List<CatalogueRow> sorted = new ArrayList<>(rows);
        sorted.sort(Comparator.comparingLong(CatalogueRow::baseOffset));
        return new Catalogue(cover(sorted), lastKey);
    }

    private static List<CatalogueRow> cover(List<CatalogueRow> sorted) {
        List<CatalogueRow> cover = new ArrayList<>();
        int next = 0;
        while (next < sorted.size()) {
            long due = cover.isEmpty() ? 0 : cover.getLast().endOffset();
            due = Math.max(due, sorted.get(next).baseOffset());
            CatalogueRow best = sorted.get(next);
            while (next < sorted.size() && sorted.get(next).baseOffset() <= due) {
                best = sorted.get(next).isBefore(best) ? sorted.get(next) : best;
                next++;
            }
            if (best.endOffset() > due) {
                cover.add(best);
            }
        }
        return cover;
    }

    /** What was listed already ends with it; empty when nothing was. */
    String lastKey() {
        return lastKey;
    }

    int count() {
        return baseOffsets.length;
    }

    CatalogueRow at(int place) {
        return new CatalogueRow(baseOffsets[place], endOffsets[place], leaderEpochs[place], sizes[place]);
    }

    List<CatalogueRow> rows() {
        List<CatalogueRow> rows = new ArrayList<>(count());
        for (int i = 0; i < count(); i++) {
            rows.add(at(i));
        }
        return rows;
    }

    /** Exclusive end of the last segment; 0 when there is none. */
    long endOffset() {
        return count() == 0 ? 0 : endOffsets[count() - 1];
    }

    /** Place of the first segment that ends behind an offset; {@link #count()} when none does. */
    int firstBehind(long offset) {
        int low = 0;
        int high = count();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (endOffsets[middle] > offset) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** About how much memory it holds. */
    long sizeBytes() {
        return OVERHEAD_BYTES + (long) count() * ROW_BYTES;
    }
}
