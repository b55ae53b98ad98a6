// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.faults;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Decides which calls of the stores that share it fail and how, by a script or by chance, and counts them: a scenario is
 * run once to learn how many calls it makes, and then with each of them failing. Thread-safe; guarded by {@code lock}.
 *
 * <pre>
 *   FaultPlan dry = FaultPlan.none();
 *   scenario(dry);
 *   for (long n = 1; n &lt;= dry.calls(); n++) {
 *       scenario(FaultPlan.none().failing(n, new Fault.FailAfter()));
 *   }
 * </pre>
 */
public final class FaultPlan {

    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<StoreCall, Long> counts = new EnumMap<>(StoreCall.class);

    @GuardedBy("lock")
    private final List<Rule> rules = new ArrayList<>();

    @GuardedBy("lock")
    private final List<String> happened = new ArrayList<>();

    @GuardedBy("lock")
    private final List<LateCall> late = new ArrayList<>();

    @GuardedBy("lock")
    private long calls;

    @GuardedBy("lock")
    private boolean cut;

    private FaultPlan() {}

    private interface Rule {
        boolean applies(StoreCall call, long numberOfAll, long numberOfKind);

        Fault fault();
    }

    private record Script(Set<StoreCall> kinds, long number, Fault fault) implements Rule {
        @Override
        public boolean applies(StoreCall call, long numberOfAll, long numberOfKind) {
            return kinds.isEmpty() ? numberOfAll == number : kinds.contains(call) && numberOfKind == number;
        }
    }

    private record Chance(Random random, double share, Set<StoreCall> kinds, Fault fault) implements Rule {
        @Override
        public boolean applies(StoreCall call, long numberOfAll, long numberOfKind) {
            return kinds.contains(call) && random.nextDouble() < share;
        }
    }

    private record LateCall(long dueAt, Runnable body) {}

    /** A plan in which nothing fails, to begin with. */
    public static FaultPlan none() {
        return new FaultPlan();
    }

    /** The n-th call of all, from 1, meets the fault. */
    public FaultPlan failing(long number, Fault fault) {
        return with(new Script(Set.of(), number, fault));
    }

    /** The n-th call of that kind, from 1, meets the fault. */
    public FaultPlan failing(StoreCall kind, long number, Fault fault) {
        return with(new Script(Set.of(kind), number, fault));
    }

    /** A share of the calls of these kinds, from 0 to 1, meets the fault; where several rules apply the first one does. */
    public FaultPlan failingAtRandom(Random random, double share, Set<StoreCall> kinds, Fault fault) {
        return with(new Chance(random, share, Set.copyOf(kinds), fault));
    }

    private FaultPlan with(Rule rule) {
        lock.lock();
        try {
            rules.add(rule);
            return this;
        } finally {
            lock.unlock();
        }
    }

    /** From now on no call is made, also none that is late: whoever still holds these stores is dead. */
    public void cut() {
        lock.lock();
        try {
            cut = true;
            late.clear();
        } finally {
            lock.unlock();
        }
    }

    /** How many calls have begun. */
    public long calls() {
        lock.lock();
        try {
            return calls;
        } finally {
            lock.unlock();
        }
    }

    /** How many calls of that kind have begun. */
    public long calls(StoreCall kind) {
        lock.lock();
        try {
            return counts.getOrDefault(kind, 0L);
        } finally {
            lock.unlock();
        }
    }

    /** The faults that calls have met, in words, for the message of a failed test. */
    public List<String> happened() {
        lock.lock();
        try {
            return List.copyOf(happened);
        } finally {
            lock.unlock();
        }
    }

    /** Counts a call that begins, makes those that are late enough now, and says what this one meets. */
    public Fault begin(StoreCall call) {
        Fault fault;
        List<LateCall> due;
        lock.lock();
        try {
            fault = decide(call);
            long now = calls;
            due = late.stream().filter(waiting -> waiting.dueAt() <= now).toList();
            late.removeAll(due);
        } finally {
            lock.unlock();
        }
        due.forEach(waiting -> waiting.body().run());
        return fault;
    }

    @GuardedBy("lock")
    private Fault decide(StoreCall call) {
        calls++;
        long numberOfKind = counts.merge(call, 1L, Long::sum);
        if (cut) {
            return new Fault.FailBefore();
        }
        for (Rule rule : rules) {
            if (rule.applies(call, calls, numberOfKind)) {
                happened.add("call " + calls + " (" + call + " " + numberOfKind + "): " + rule.fault());
                return rule.fault();
            }
        }
        return new Fault.None();
    }

    /** Makes a call when so many others have begun. */
    public void later(int afterCalls, Runnable body) {
        lock.lock();
        try {
            if (!cut) {
                late.add(new LateCall(calls + afterCalls, body));
            }
        } finally {
            lock.unlock();
        }
    }
}
