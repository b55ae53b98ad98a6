// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import java.util.Comparator;

/**
 * Something that is not as it must be. Immutable.
 *
 * @param subject the object, key or partition that it is about
 * @param detail what is wrong, with offsets where there are some
 */
record Problem(Kind kind, String subject, String detail) implements Comparable<Problem> {

    private static final Comparator<Problem> ORDER =
            Comparator.comparing(Problem::kind).thenComparing(Problem::subject).thenComparing(Problem::detail);

    /** What kind of damage it is, in the order in which problems are told. */
    enum Kind {
        IDENTITY("identity"),
        UNREADABLE_KEY("unreadable-key"),
        STRAY_KEY("stray-key"),
        MISSING_OBJECT("missing-object"),
        DAMAGED_OBJECT("damaged-object"),
        UNREADABLE_OBJECT("unreadable-object"),
        HEAD("head-not-covered"),
        HOLE("hole"),
        OVERLAP("overlap"),
        EPOCH("leader-epoch");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        String word() {
            return word;
        }
    }

    @Override
    public int compareTo(Problem other) {
        return ORDER.compare(this, other);
    }
}
