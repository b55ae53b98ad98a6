// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import java.util.Optional;

/**
 * A catalogue and what came behind it since. Immutable.
 *
 * @param recent those of its segments that end behind the first catalogue
 */
record Tiling(Catalogue base, Catalogue recent) {

    static Tiling of(Catalogue base, Catalogue recent) {
        if (recent.firstBehind(base.endOffset()) == 0) {
            return new Tiling(base, recent);
        }
        var behind = recent.rows().subList(recent.firstBehind(base.endOffset()), recent.count());
        return new Tiling(base, Catalogue.of(behind, recent.lastKey()));
    }

    int count() {
        return base.count() + recent.count();
    }

    CatalogueRow at(int place) {
        return place < base.count() ? base.at(place) : recent.at(place - base.count());
    }

    /** Place of the first segment that ends behind an offset; {@link #count()} when none does. */
    int firstBehind(long offset) {
        int place = base.firstBehind(offset);
        return place < base.count() ? place : base.count() + recent.firstBehind(offset);
    }

    /**
     * The first range of offsets that no segment has.
     *
     * @param through exclusive end of those that are looked at
     */
    Optional<Gap> firstGap(long from, long through) {
        long due = from;
        for (int place = firstBehind(from); due < through; place++) {
            if (place == count()) {
                return Optional.of(new Gap(due, through));
            }
            CatalogueRow row = at(place);
            if (row.baseOffset() > due) {
                return Optional.of(new Gap(due, Math.min(row.baseOffset(), through)));
            }
            due = row.endOffset();
        }
        return Optional.empty();
    }

    /** Offsets that are missing. Immutable. */
    record Gap(long fromOffset, long endOffset) {
        boolean contains(Gap other) {
            return fromOffset <= other.fromOffset && other.endOffset <= endOffset;
        }
    }
}
