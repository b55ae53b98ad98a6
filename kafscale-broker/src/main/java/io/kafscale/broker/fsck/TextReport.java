// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.storage.ObjectInfo;
import java.io.PrintStream;
import java.util.List;

/** A report for a person: one line for each problem; objects that nobody needs are only counted. Confined to one thread. */
public final class TextReport implements Report {

    private final PrintStream out;

    public TextReport(PrintStream out) {
        this.out = out;
    }

    @Override
    public void note(String text) {
        out.println(text);
    }

    @Override
    public void problem(String kind, String subject, String detail) {
        out.println("PROBLEM " + kind + ": " + subject + ": " + detail);
    }

    @Override
    public void orphan(ObjectInfo object) {
        // counted in the summary
    }

    @Override
    public void unknownName(ObjectInfo object) {
        out.println("unknown name, left where it is: " + object.key() + " (" + object.sizeBytes() + " bytes)");
    }

    @Override
    public void summary(List<Total> totals, List<String> advice) {
        totals.forEach(total -> out.println(total.name().replace('_', ' ') + ": " + total.value()));
        advice.forEach(out::println);
    }
}
