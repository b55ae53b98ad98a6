// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import io.kafscale.broker.storage.ObjectKey;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names of what lies below a cluster's root, apart from sealed segments, which name themselves. Immutable. */
record RootNames(ObjectKey root) {

    private static final Pattern NUMBER = Pattern.compile("\\d{20}");
    private static final Pattern SHARED =
            Pattern.compile("(?<incarnation>[A-Za-z0-9._-]+)/(?<sequence>\\d{20})-[0-9a-f]{16}\\.kso");
    private static final String REFERENCES = "references-";
    private static final String REFERENCES_END = ".pb";

    /**
     * A shared object's name.
     *
     * @param sequence that of the flush, or of the first one if it is merged
     */
    record Shared(String incarnation, long sequence) {}

    /** What all keys begin with. */
    String all() {
        return root + "/";
    }

    ObjectKey identity() {
        return new ObjectKey(root + "/cluster.json");
    }

    /** What the start of a broker puts and deletes to try out a bucket, and may leave behind when it dies. */
    String probes() {
        return root + "/probe/";
    }

    String counters() {
        return root + "/counter/";
    }

    ObjectKey counter(long value) {
        return new ObjectKey(counters() + String.format("%020d", value));
    }

    OptionalLong counterIn(ObjectKey key) {
        return number(key, counters(), "");
    }

    String referenceSnapshots() {
        return root + "/janitor/" + REFERENCES;
    }

    ObjectKey referenceSnapshot(long counter) {
        return new ObjectKey(referenceSnapshots() + String.format("%020d", counter) + REFERENCES_END);
    }

    OptionalLong referenceCounterIn(ObjectKey key) {
        return number(key, referenceSnapshots(), REFERENCES_END);
    }

    boolean isReferenceSnapshot(ObjectKey key) {
        return number(key, referenceSnapshots(), REFERENCES_END).isPresent();
    }

    String shared() {
        return root + "/shared/";
    }

    String shared(String incarnation) {
        return shared() + incarnation + "/";
    }

    Optional<Shared> sharedIn(ObjectKey key) {
        if (!key.value().startsWith(shared())) {
            return Optional.empty();
        }
        Matcher parts = SHARED.matcher(key.value().substring(shared().length()));
        if (!parts.matches()) {
            return Optional.empty();
        }
        OptionalLong sequence = number(parts.group("sequence"));
        return sequence.isEmpty()
                ? Optional.empty()
                : Optional.of(new Shared(parts.group("incarnation"), sequence.getAsLong()));
    }

    String segments() {
        return root + "/topics/";
    }

    private static OptionalLong number(ObjectKey key, String beginning, String end) {
        String text = key.value();
        boolean mayBe =
                text.startsWith(beginning) && text.endsWith(end) && text.length() >= beginning.length() + end.length();
        return mayBe ? number(text.substring(beginning.length(), text.length() - end.length())) : OptionalLong.empty();
    }

    private static OptionalLong number(String digits) {
        if (!NUMBER.matcher(digits).matches()) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Long.parseLong(digits));
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }
}
