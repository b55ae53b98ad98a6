// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** What was found so far, up to a number. Thread-safe; guarded by {@code lock}. */
final class Findings {

    /** Who has more of them needs no longer list. */
    private static final int MOST = 10_000;

    private final ReentrantLock lock = new ReentrantLock();

    @com.google.errorprone.annotations.concurrent.GuardedBy("lock")
    private final List<Finding> all = new ArrayList<>();

    void add(Finding finding) {
        lock.lock();
        try {
            if (all.size() < MOST) {
                all.add(finding);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Those that still rest on what the metadata says now, in order. */
    List<Problem> confirmed(Premises premises) {
        List<Finding> found;
        lock.lock();
        try {
            found = List.copyOf(all);
        } finally {
            lock.unlock();
        }
        return found.stream()
                .filter(finding -> premises.hold(finding.premises()))
                .map(Finding::problem)
                .distinct()
                .sorted()
                .toList();
    }
}
