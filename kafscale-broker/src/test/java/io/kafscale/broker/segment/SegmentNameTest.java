// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.storage.ObjectKey;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

final class SegmentNameTest {

    private static final ObjectKey ROOT = new ObjectKey("space/cluster");
    private static final UUID TOPIC = UUID.fromString("01234567-89ab-cdef-0123-456789abcdef");
    private static final PartitionId ID = new PartitionId(TOPIC, 3);
    private static final SegmentName NAME = new SegmentName("orders.eu", ID, 500, 1234, 7);
    private static final String TEXT =
            "topics/orders.eu.01234567-89ab-cdef-0123-456789abcdef/3/segment-00000000000000000500-00000000000000001234-7";

    @Test
    void theKeysAreThoseOfTheFormat() {
        assertThat(NAME).hasToString(TEXT);
        assertThat(NAME.segmentKey(ROOT)).hasToString("space/cluster/" + TEXT + ".kfs");
        assertThat(NAME.indexKey(ROOT)).hasToString("space/cluster/" + TEXT + ".index");
        assertThat(SegmentName.folder(ROOT, "orders.eu", ID))
                .isEqualTo("space/cluster/topics/orders.eu.01234567-89ab-cdef-0123-456789abcdef/3/");
    }

    @Test
    void eitherKeyTellsTheName() {
        assertThat(SegmentName.parse(ROOT, NAME.segmentKey(ROOT))).contains(NAME);
        assertThat(SegmentName.parse(ROOT, NAME.indexKey(ROOT))).contains(NAME);
        assertThat(SegmentName.isSegment(NAME.segmentKey(ROOT))).isTrue();
        assertThat(SegmentName.isSegment(NAME.indexKey(ROOT))).isFalse();
    }

    @Test
    void anotherRootsKeysAreNotOurs() {
        assertThat(SegmentName.parse(new ObjectKey("space/other"), NAME.segmentKey(ROOT)))
                .isEmpty();
        assertThat(SegmentName.parse(new ObjectKey("space/clust"), NAME.segmentKey(ROOT)))
                .isEmpty();
    }

    @Test
    void whatIsNotExactlyANameIsNone() {
        assertThat(SegmentName.parse("")).isEmpty();
        assertThat(SegmentName.parse(TEXT + " ")).isEmpty();
        assertThat(SegmentName.parse(TEXT.replace("orders.eu", "orders eu"))).isEmpty();
        assertThat(SegmentName.parse("/")).isEmpty();
        assertThat(SegmentName.parse("//")).isEmpty();
        assertThat(SegmentName.parse("topics/" + TEXT)).isEmpty();
        assertThat(SegmentName.parse(TEXT.replace("orders.eu", "orders/eu"))).isEmpty();
        assertThat(SegmentName.parse(TEXT.replace("orders.eu.", "."))).isEmpty();
        assertThat(SegmentName.parse(TEXT.replace("orders.eu.", ""))).isEmpty();
        assertThat(SegmentName.parse(TEXT.replace("-0000", "-+000"))).isEmpty();
        assertThat(SegmentName.parse(TEXT.replace("-0000", "--000"))).isEmpty();
        assertThat(SegmentName.parse(TEXT.replace("-7", "-+7"))).isEmpty();
        assertThat(SegmentName.parse(TEXT.replace("-7", "-"))).isEmpty();
        assertThat(SegmentName.parse(TEXT.replace("01234567-", "1234567-0"))).isEmpty();
        assertThat(SegmentName.parse(TEXT.replace("-7", "-07"))).isEmpty();
        assertThat(SegmentName.parse(TEXT.replace("/3/", "/03/"))).isEmpty();
        assertThat(SegmentName.parse(TEXT.replace("abcdef/", "ABCDEF/"))).isEmpty();
        assertThat(SegmentName.parse(TEXT.replace("-7", "-99999999999"))).isEmpty();
        assertThat(SegmentName.parse(TEXT.replace("-7", "-9999999999"))).isEmpty();
        assertThat(SegmentName.parse(TEXT.replace("00000000000000000500", "99999999999999999999")))
                .isEmpty();
        assertThat(SegmentName.parse(TEXT.replace("00000000000000000500", "00000000000000001235")))
                .isEmpty();
        assertThat(SegmentName.parse(TEXT.replace("orders.eu", "x".repeat(250))))
                .isEmpty();
        assertThat(SegmentName.parse(ROOT, new ObjectKey("space/cluster/" + TEXT)))
                .isEmpty();
        assertThat(SegmentName.parse(ROOT, new ObjectKey("space/cluster/" + TEXT + ".kfs.index")))
                .isEmpty();
    }

    @Test
    void offsetsGoForward() {
        assertThatThrownBy(() -> new SegmentName("t", ID, 5, 4, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new SegmentName("t", ID, -1, 4, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new SegmentName("t", ID, 1, 4, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new SegmentName("t", ID, 0, Integer.MAX_VALUE, 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new SegmentName("", ID, 1, 4, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Property(tries = 300)
    void everyNameIsReadBack(
            @ForAll
                    @CharRange(from = 'a', to = 'z')
                    @CharRange(from = '0', to = '9')
                    @Chars({'.', '-', '_', 'Z'})
                    @StringLength(min = 1, max = 249)
                    String topic,
            @ForAll long high,
            @ForAll long low,
            @ForAll @IntRange(max = Integer.MAX_VALUE) int partition,
            @ForAll @LongRange(max = Long.MAX_VALUE / 2) long base,
            @ForAll @LongRange(max = Integer.MAX_VALUE - 1) long more,
            @ForAll @IntRange(max = Integer.MAX_VALUE) int epoch) {
        SegmentName name =
                new SegmentName(topic, new PartitionId(new UUID(high, low), partition), base, base + more, epoch);

        assertThat(SegmentName.parse(name.toString())).contains(name);
        assertThat(SegmentName.parse(ROOT, name.segmentKey(ROOT))).contains(name);
    }

    @Property(tries = 200)
    void keysSortAsOffsetsDo(
            @ForAll @LongRange(max = Long.MAX_VALUE - 2) long a, @ForAll @LongRange(max = Long.MAX_VALUE - 2) long b) {
        SegmentName first = new SegmentName("t", ID, a, a + 1, 0);
        SegmentName second = new SegmentName("t", ID, b, b + 1, 0);

        assertThat(Integer.signum(first.segmentKey(ROOT).compareTo(second.segmentKey(ROOT))))
                .isEqualTo(Long.compare(a, b));
    }
}
