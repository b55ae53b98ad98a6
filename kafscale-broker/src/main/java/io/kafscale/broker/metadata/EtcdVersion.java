// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A release of etcd. Immutable. */
record EtcdVersion(int major, int minor, int patch) implements Comparable<EtcdVersion> {

    /** Earlier ones are without calls that are used here, or lose data (3.5.0 to 3.5.2). */
    static final EtcdVersion OLDEST = new EtcdVersion(3, 5, 3);

    private static final EtcdVersion GOOD_3_5 = new EtcdVersion(3, 5, 28);
    private static final EtcdVersion GOOD_3_6 = new EtcdVersion(3, 6, 9);
    private static final Pattern TEXT = Pattern.compile("(\\d{1,6})\\.(\\d{1,6})\\.(\\d{1,6}).*");

    static Optional<EtcdVersion> parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        return matcher.matches()
                ? Optional.of(new EtcdVersion(
                        Integer.parseInt(matcher.group(1)),
                        Integer.parseInt(matcher.group(2)),
                        Integer.parseInt(matcher.group(3))))
                : Optional.empty();
    }

    boolean isTooOld() {
        return compareTo(OLDEST) < 0;
    }

    /** Whether the known errors of its line are mended in it. */
    boolean isRecommended() {
        return compareTo(minor == 5 ? GOOD_3_5 : GOOD_3_6) >= 0;
    }

    @Override
    public int compareTo(EtcdVersion other) {
        return Comparator.comparingInt(EtcdVersion::major)
                .thenComparingInt(EtcdVersion::minor)
                .thenComparingInt(EtcdVersion::patch)
                .compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + patch;
    }
}
