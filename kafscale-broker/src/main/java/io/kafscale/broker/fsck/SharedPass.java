// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.chunk.SharedFooter;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.time.TaskScope;
import io.kafscale.proto.metadata.Head;
import io.kafscale.proto.metadata.PartitionState;
import io.kafscale.proto.metadata.SharedObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Checks what commit records name: heads, objects, and that the chunks of each partition are a log. Confined to one thread,
 * which has objects read by a few; what they share is guarded by {@code lock}.
 */
final class SharedPass {

    private static final int READS_AT_ONCE = 4;

    private final LogEnvironment environment;
    private final ClusterMetadata metadata;
    private final Findings findings;
    private final SharedObjectCheck check;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<PartitionId, List<ChainCheck.Link>> links = new HashMap<>();

    /** Records whose footers nobody could read: nobody knows what is in them. */
    @GuardedBy("lock")
    private final List<SharedObject> closed = new ArrayList<>();

    @GuardedBy("lock")
    private long batches;

    @GuardedBy("lock")
    private long bytes;

    @GuardedBy("lock")
    private long read;

    SharedPass(LogEnvironment environment, PatientObjects objects, ClusterMetadata metadata, Findings findings) {
        this.environment = environment;
        this.metadata = metadata;
        this.findings = findings;
        this.check = new SharedObjectCheck(objects);
    }

    /** Checks all. */
    void run() throws InterruptedException {
        checkHeads();
        try (TaskScope readers = new TaskScope(environment.threads(), READS_AT_ONCE)) {
            for (ClusterMetadata.Stored<SharedObject> commit : metadata.commits()) {
                readers.awaitRoom();
                readers.fork("fsck", () -> look(commit));
            }
            readers.awaitAll();
        }
        checkChains();
    }

    private void checkHeads() {
        Map<String, Long> reached = new HashMap<>();
        metadata.commits()
                .forEach(commit -> reached.merge(
                        metadata.incarnation(commit.key()), commit.value().getLastSequence(), Math::max));
        metadata.heads().forEach((incarnation, head) -> {
            long last = reached.getOrDefault(incarnation, 0L);
            if (last < head.value().getSequence()) {
                Problem problem = new Problem(
                        Problem.Kind.HEAD,
                        head.key(),
                        "flush " + head.value().getSequence() + " was committed, but the commit records of incarnation "
                                + incarnation + " end with " + last);
                findings.add(new Finding(problem, List.of(Premises.unchanged(head))));
            }
        });
        reached.forEach((incarnation, last) -> checkHeadExists(incarnation, last));
    }

    /** The head of a dead incarnation may be gone; that of one that is there is never behind its records. */
    private void checkHeadExists(String incarnation, long last) {
        ClusterMetadata.Stored<Head> head = metadata.heads().get(incarnation);
        if (head != null && head.value().getSequence() < last) {
            Problem problem = new Problem(
                    Problem.Kind.HEAD,
                    head.key(),
                    "it says flush " + head.value().getSequence() + ", but there are commit records up to " + last);
            findings.add(new Finding(problem, List.of(Premises.unchanged(head))));
        }
    }

    private void look(ClusterMetadata.Stored<SharedObject> commit) throws InterruptedException {
        SharedObjectCheck.Seen seen = check.check(commit.value());
        seen.problems().forEach(problem -> findings.add(new Finding(problem, List.of(Premises.unchanged(commit)))));
        lock.lock();
        try {
            read++;
            batches += seen.batches();
            bytes += seen.bytes();
            seen.chunks()
                    .ifPresentOrElse(
                            chunks -> chunks.forEach(
                                    chunk -> link(chunk, commit.value().getKey())),
                            () -> closed.add(commit.value()));
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void link(Chunk chunk, String object) {
        if (metadata.topic(chunk.id().topicId()).isPresent()) {
            links.computeIfAbsent(chunk.id(), id -> new ArrayList<>())
                    .add(new ChainCheck.Link(
                            chunk.baseOffset(), chunk.endOffset(), chunk.leaderEpoch(), object.intern()));
        }
    }

    private void checkChains() {
        lock.lock();
        try {
            boolean blind = closed.stream().anyMatch(record -> record.getPartitionMarksCount() == 0);
            Set<Integer> dark = new HashSet<>();
            closed.forEach(record -> dark.addAll(record.getPartitionMarksList()));
            links.forEach((id, chunks) -> {
                if (!blind && !dark.contains(SharedFooter.mark(id))) {
                    checkChain(id, chunks);
                }
            });
        } finally {
            lock.unlock();
        }
    }

    private void checkChain(PartitionId id, List<ChainCheck.Link> chunks) {
        ClusterMetadata.Stored<PartitionState> state = metadata.states().get(id);
        if (state != null) {
            ChainCheck.check(metadata.name(id), id, state.value(), chunks)
                    .forEach(problem -> findings.add(new Finding(problem, List.of())));
            return;
        }
        if (metadata.unreadable().isEmpty()) {
            Problem problem = new Problem(
                    Problem.Kind.STRAY_KEY,
                    environment.keys().partitionState(id),
                    "it is not there, although " + metadata.name(id) + " has records");
            findings.add(new Finding(problem, List.of()));
        }
    }

    List<Report.Total> totals() {
        lock.lock();
        try {
            return List.of(
                    new Report.Total("topics", metadata.topics().size()),
                    new Report.Total("partitions", metadata.states().size()),
                    new Report.Total("shared_objects", read),
                    new Report.Total("shared_bytes", bytes),
                    new Report.Total("batches_in_shared_objects", batches));
        } finally {
            lock.unlock();
        }
    }
}
