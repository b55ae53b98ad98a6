// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import java.util.ArrayList;
import java.util.List;

/**
 * The largest times of a partition's segments so far, as far as they tell something: a segment whose largest time is not
 * above that of a later one is not among them. So the times fall while the offsets rise, there is rarely more than one, and
 * the largest time behind any offset is that of the first mark behind it. Immutable.
 */
record TimeMarks(List<Mark> marks) {

    static final TimeMarks NONE = new TimeMarks(List.of());

    /** Above it the two oldest become one, which may then say too much about what is between them, never too little. */
    static final int MOST = 64;

    /** Where a segment ends, exclusive, and the largest time of a record in it. Immutable. */
    record Mark(long endOffset, long maxTimestamp) {}

    TimeMarks {
        marks = List.copyOf(marks);
        for (int i = 1; i < marks.size(); i++) {
            if (marks.get(i).endOffset() <= marks.get(i - 1).endOffset()
                    || marks.get(i).maxTimestamp() >= marks.get(i - 1).maxTimestamp()) {
                throw new IllegalArgumentException(marks.get(i) + " behind " + marks.get(i - 1));
            }
        }
        if (marks.size() > MOST) {
            throw new IllegalArgumentException(marks.size() + " marks");
        }
    }

    /** With one more segment, which ends behind all others or where they do. */
    TimeMarks with(long endOffset, long maxTimestamp) {
        List<Mark> more = new ArrayList<>(marks);
        while (!more.isEmpty() && more.getLast().maxTimestamp() <= maxTimestamp) {
            more.removeLast();
        }
        if (!more.isEmpty() && more.getLast().endOffset() >= endOffset) {
            return this; // segments that overlap: an earlier one has said more
        }
        more.add(new Mark(endOffset, maxTimestamp));
        if (more.size() > MOST) {
            more.set(1, new Mark(more.get(1).endOffset(), more.getFirst().maxTimestamp()));
            more.removeFirst();
        }
        return new TimeMarks(more);
    }

    /** No record behind the offset has a larger time; {@link Long#MIN_VALUE} when there is none. */
    long maxBehind(long offset) {
        for (Mark mark : marks) {
            if (mark.endOffset() > offset) {
                return mark.maxTimestamp();
            }
        }
        return Long.MIN_VALUE;
    }

    int count() {
        return marks.size();
    }
}
