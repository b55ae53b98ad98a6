// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.time.BackOff;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * When to try again what could not be acquired or recovered: each partition has its own time, and the times grow. Confined
 * to the thread that reconciles.
 */
final class Retries {

    private static final Duration FIRST = Duration.ofSeconds(1);

    /** Also how late a partition may be when the stores are back after a long time. */
    private static final Duration LONGEST = Duration.ofSeconds(10);

    private final Clock clock;
    private final RandomGenerator random;
    private final Map<PartitionId, Retry> retries = new HashMap<>();

    private record Retry(BackOff backOff, Deadline due) {}

    Retries(Clock clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    boolean isDue(PartitionId partition) {
        return Optional.ofNullable(retries.get(partition))
                .map(retry -> retry.due().passed(clock))
                .orElse(true);
    }

    void failed(PartitionId partition) {
        BackOff backOff = Optional.ofNullable(retries.get(partition))
                .map(Retry::backOff)
                .orElseGet(() -> new BackOff(random, FIRST, LONGEST));
        retries.put(partition, new Retry(backOff, Deadline.after(clock, backOff.next())));
    }

    void succeeded(PartitionId partition) {
        retries.remove(partition);
    }

    /** Nothing else is tried any more. */
    void retain(Collection<PartitionId> wanted) {
        retries.keySet().retainAll(wanted);
    }

    void clear() {
        retries.clear();
    }

    /** When the first of them is due. */
    Deadline soonest() {
        return retries.values().stream().map(Retry::due).reduce(Deadline.NEVER, Deadline::orSooner);
    }
}
