// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

final class CatalogueTest {

    private static CatalogueRow row(long base, long end, int epoch) {
        return new CatalogueRow(base, end, epoch, 100);
    }

    private static Catalogue of(CatalogueRow... rows) {
        return Catalogue.of(List.of(rows), "");
    }

    @Test
    void theSegmentThatReachesFurthestIsTaken() {
        assertThat(of(row(0, 5, 9), row(0, 9, 1), row(5, 8, 9), row(9, 12, 2)).rows())
                .containsExactly(row(0, 9, 1), row(9, 12, 2));
    }

    @Test
    void ofThoseThatReachAsFarTheHighestEpochIsTaken() {
        assertThat(of(row(0, 5, 9), row(0, 5, 10), row(0, 5, 2)).rows()).containsExactly(row(0, 5, 10));
        assertThat(of(row(0, 5, 1), row(3, 9, 2), row(4, 9, 11), row(5, 9, 3)).rows())
                .containsExactly(row(0, 5, 1), row(4, 9, 11));
    }

    @Test
    void whatIsMissingIsKnown() {
        Tiling tiling = Tiling.of(of(row(10, 20, 0), row(25, 30, 0)), of(row(28, 40, 0), row(41, 50, 0)));

        assertThat(tiling.count()).isEqualTo(4);
        assertThat(tiling.firstGap(10, 20)).isEmpty();
        assertThat(tiling.firstGap(5, 20)).contains(new Tiling.Gap(5, 10));
        assertThat(tiling.firstGap(0, 3)).contains(new Tiling.Gap(0, 3));
        assertThat(tiling.firstGap(15, 30)).contains(new Tiling.Gap(20, 25));
        assertThat(tiling.firstGap(20, 22)).contains(new Tiling.Gap(20, 22));
        assertThat(tiling.firstGap(25, 40)).isEmpty();
        assertThat(tiling.firstGap(25, 41)).contains(new Tiling.Gap(40, 41));
        assertThat(tiling.firstGap(41, 60)).contains(new Tiling.Gap(50, 60));
        assertThat(tiling.firstGap(70, 70)).isEmpty();
    }

    @Test
    void whatCameSinceIsNotCountedTwice() {
        Tiling tiling = Tiling.of(of(row(0, 10, 0), row(10, 20, 0)), of(row(5, 8, 0), row(10, 20, 0), row(20, 30, 0)));

        assertThat(tiling.count()).isEqualTo(3);
        assertThat(tiling.at(2)).isEqualTo(row(20, 30, 0));
    }

    @Property(tries = 2_000)
    void whatAnySegmentHasIsCovered(@ForAll Random random, @ForAll @IntRange(min = 1, max = 25) int count) {
        List<CatalogueRow> rows = new ArrayList<>();
        boolean[] there = new boolean[60];
        for (int i = 0; i < count; i++) {
            int base = random.nextInt(40);
            int end = base + 1 + random.nextInt(15);
            rows.add(row(base, end, random.nextInt(12)));
            for (int offset = base; offset < end; offset++) {
                there[offset] = true;
            }
        }
        int cut = random.nextInt(count + 1);
        List<CatalogueRow> sorted = new ArrayList<>(rows);
        sorted.sort((a, b) -> Long.compare(a.baseOffset(), b.baseOffset()));
        Tiling whole = Tiling.of(Catalogue.of(rows, ""), Catalogue.EMPTY);
        Tiling grown =
                Tiling.of(Catalogue.of(sorted.subList(0, cut), ""), Catalogue.of(sorted.subList(cut, count), ""));
        Collections.shuffle(rows, random);

        assertThat(Catalogue.of(rows, "").rows()).isEqualTo(whole.base().rows());
        for (Tiling tiling : List.of(whole, grown)) {
            for (int offset = 0; offset < there.length; offset++) {
                Optional<Tiling.Gap> gap = tiling.firstGap(offset, offset + 1);
                assertThat(gap.isEmpty()).as("offset " + offset).isEqualTo(there[offset]);
                int place = tiling.firstBehind(offset);
                if (there[offset]) {
                    assertThat(tiling.at(place).baseOffset()).isLessThanOrEqualTo(offset);
                    assertThat(tiling.at(place).endOffset()).isGreaterThan(offset);
                }
            }
        }
        for (int place = 1; place < whole.count(); place++) {
            CatalogueRow row = whole.at(place);
            long due = Math.max(whole.at(place - 1).endOffset(), row.baseOffset());
            assertThat(rows)
                    .filteredOn(other -> other.baseOffset() <= due && other.endOffset() > due)
                    .noneMatch(other -> other.isBefore(row));
        }
    }
}
