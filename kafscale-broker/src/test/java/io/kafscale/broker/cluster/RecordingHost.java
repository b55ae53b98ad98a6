// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.time.Deadline;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** A host that notes what it is told, and fails to recover what a test names. Thread-safe. */
final class RecordingHost implements PartitionHost {

    final BlockingQueue<Token> begun = new LinkedBlockingQueue<>();
    final BlockingQueue<PartitionId> released = new LinkedBlockingQueue<>();
    final BlockingQueue<AcquiredPartition> everServed = new LinkedBlockingQueue<>();
    /** How many partitions each call asked for. */
    final BlockingQueue<Integer> asked = new LinkedBlockingQueue<>();

    /** Partitions on which the host fails with a bug. */
    final Set<PartitionId> breaking = ConcurrentHashMap.newKeySet();

    final Map<PartitionId, AcquiredPartition> served = new ConcurrentHashMap<>();
    final AtomicBoolean failNext = new AtomicBoolean();
    final Set<PartitionId> undecided = ConcurrentHashMap.newKeySet();
    final Set<PartitionId> unrecoverable = ConcurrentHashMap.newKeySet();

    final BlockingQueue<Boolean> prepared = new LinkedBlockingQueue<>();

    @Override
    public void prepare() {
        prepared.add(true);
    }

    @Override
    public void begin(Token token) {
        served.clear();
        begun.add(token);
    }

    @Override
    public void serve(List<AcquiredPartition> partitions, Consumer<PartitionId> told) {
        asked.add(partitions.size());
        if (failNext.getAndSet(false)
                || partitions.stream().map(AcquiredPartition::id).anyMatch(breaking::contains)) {
            throw new IllegalStateException("a bug, made on purpose");
        }
        List<AcquiredPartition> recovered = partitions.stream()
                .filter(partition -> !unrecoverable.contains(partition.id()))
                .toList();
        recovered.forEach(partition -> served.put(partition.id(), partition));
        everServed.addAll(recovered);
        recovered.stream().map(AcquiredPartition::id).forEach(told);
    }

    @Override
    public Collection<PartitionId> release(Collection<PartitionId> partitions, Deadline deadline) {
        List<PartitionId> decided = partitions.stream()
                .filter(partition -> !undecided.contains(partition))
                .toList();
        for (PartitionId partition : decided) {
            served.remove(partition);
            released.add(partition);
        }
        return decided;
    }
}
