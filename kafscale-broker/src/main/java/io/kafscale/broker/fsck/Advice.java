// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import java.util.ArrayList;
import java.util.List;

/** What a report says is to be done. Stateless. */
final class Advice {

    static final String IDENTITY = "nothing else was looked at; see docs/operations.md, \"Checking the stores\"";

    private Advice() {}

    static List<String> of(List<Problem> problems, Orphans orphans, Fsck.Mode mode, boolean hasBrokers) {
        List<String> advice = new ArrayList<>();
        if (problems.isEmpty()) {
            advice.add("clean");
        } else {
            advice.add("there is damage: keep both stores as they are, copy them if you can, and see"
                    + " docs/operations.md, \"What the problems mean\"");
        }
        long left = orphans.count() - orphans.removed();
        if (!problems.isEmpty() && mode instanceof Fsck.Mode.Repair) {
            advice.add("nothing was removed: where something is wrong, an orphan may be what is missing");
        } else if (left > 0 && mode instanceof Fsck.Mode.Check) {
            advice.add("orphans do no harm: brokers remove them after the grace, or 'fsck --repair' does");
        } else if (left > 0 && hasBrokers) {
            advice.add("orphans are left: while a broker is registered, only those go that have been orphans for the"
                    + " grace");
        } else if (left > 0) {
            advice.add("orphans are left: those younger than the grace stay; run again later");
        }
        return advice;
    }
}
