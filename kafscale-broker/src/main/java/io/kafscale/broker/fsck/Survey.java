// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.segment.EpochStart;
import io.kafscale.broker.segment.SealedState;
import io.kafscale.broker.segment.SegmentInspection;
import io.kafscale.broker.segment.SegmentName;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.TaskScope;
import io.kafscale.proto.log.ProducerTail;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a bucket holds of logs: the footers of all shared objects, the names and indexes of all sealed segments. Bodies are not
 * read. Filled by one thread, which has objects read by a few, then only read; what they share is guarded by {@code lock}.
 */
final class Survey {

    private static final int READS_AT_ONCE = 8;

    private final LogEnvironment environment;
    private final BucketNames names;
    private final FooterTail footers;
    private final PatientObjects objects;
    private final SegmentInspection inspection;
    private final Set<String> named;
    private final String passedOver;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<PartitionId, Map<SegmentName, SealedCheck.Part>> segments = new TreeMap<>();
    private final Set<ObjectKey> listed = new HashSet<>();

    @GuardedBy("lock")
    private final List<Sighting> sightings = new ArrayList<>();

    @GuardedBy("lock")
    private final Map<PartitionId, NavigableMap<Integer, Long>> epochStarts = new HashMap<>();

    @GuardedBy("lock")
    private final List<Problem> problems = new ArrayList<>();

    @GuardedBy("lock")
    private final Set<String> damaged = new HashSet<>();

    @GuardedBy("lock")
    private Optional<RuntimeException> failure = Optional.empty();

    @GuardedBy("lock")
    private long maxProducerId = -1;

    /**
     * A survey that has not begun.
     *
     * @param named keys of the shared objects that were committed for certain
     * @param passedOver an incarnation whose objects are not looked at, since this restore writes them
     */
    Survey(LogEnvironment environment, Set<String> named, String passedOver) {
        this.environment = environment;
        this.names = new BucketNames(environment.root());
        this.objects = new PatientObjects(environment.objects(), environment.clock(), environment.random());
        this.footers = new FooterTail(objects);
        this.inspection = new SegmentInspection(environment.objects(), environment.root());
        this.named = named;
        this.passedOver = passedOver;
    }

    /**
     * Looks at all.
     *
     * @throws StorageException when an object cannot be read for now
     */
    void run() throws InterruptedException {
        try (TaskScope readers = new TaskScope(environment.threads(), READS_AT_ONCE)) {
            new Listing(environment.objects(), names.shared()).forEach(object -> {
                if (isConcerned(object.key()) && names.parse(object.key()) instanceof ObjectName.Shared shared) {
                    listed.add(object.key());
                    readers.awaitRoom();
                    readers.fork("survey", () -> readFooter(object, shared));
                }
            });
            new Listing(environment.objects(), names.segments()).forEach(object -> {
                if (names.parse(object.key()) instanceof ObjectName.Sealed part) {
                    add(object, part);
                }
            });
            for (Map<SegmentName, SealedCheck.Part> parts : segments.values()) {
                for (SealedCheck.Part part : parts.values()) {
                    readers.awaitRoom();
                    readers.fork("survey", () -> readSegment(part));
                }
            }
            readers.awaitAll();
        }
        conclude();
    }

    private boolean isConcerned(ObjectKey key) {
        return names.parse(key) instanceof ObjectName.Shared shared
                && !shared.incarnation().equals(passedOver);
    }

    /** Shared objects that have come or gone since this was run; the first of them. */
    Optional<ObjectKey> change() throws InterruptedException {
        Set<ObjectKey> gone = new TreeSet<>(listed);
        Set<ObjectKey> come = new TreeSet<>();
        new Listing(environment.objects(), names.shared()).forEach(object -> {
            if (isConcerned(object.key()) && !gone.remove(object.key())) {
                come.add(object.key());
            }
        });
        come.addAll(gone);
        return come.stream().findFirst();
    }

    private void add(ObjectInfo object, ObjectName.Sealed part) {
        Map<SegmentName, SealedCheck.Part> parts =
                segments.computeIfAbsent(part.segment().id(), id -> new TreeMap<>());
        parts.put(
                part.segment(),
                parts.getOrDefault(
                                part.segment(),
                                new SealedCheck.Part(part.segment(), Optional.empty(), Optional.empty()))
                        .with(object, part.isIndex()));
    }

    /** The order in which answers came decides nothing. */
    private void conclude() {
        lock.lock();
        try {
            if (failure.isPresent()) {
                throw failure.get();
            }
            sightings.sort(Comparator.comparing(Sighting::key));
            problems.sort(Comparator.naturalOrder());
        } finally {
            lock.unlock();
        }
    }

    private void readFooter(ObjectInfo object, ObjectName.Shared name) throws InterruptedException {
        try {
            Sighting sighting =
                    footers.read(object, name, named.contains(object.key().value()));
            lock.lock();
            try {
                sightings.add(sighting);
                maxProducerId = Math.max(maxProducerId, sighting.maxProducerId());
                sighting.chunks().forEach(chunk -> noteEpoch(chunk.id(), chunk.leaderEpoch(), chunk.baseOffset()));
            } finally {
                lock.unlock();
            }
        } catch (StorageException e) {
            fail(SharedObjectCheck.problem(object.key().value(), e), e);
        }
    }

    private void readSegment(SealedCheck.Part part) throws InterruptedException {
        try {
            if (part.segment().isPresent()) {
                long size = part.segment().get().sizeBytes();
                objects.patiently(() -> {
                    inspection.ends(part.name(), size);
                    return true;
                });
            }
        } catch (StorageException e) {
            fail(
                    SharedObjectCheck.problem(
                            part.name().segmentKey(environment.root()).value(), e),
                    e);
        }
        try {
            if (part.index().isPresent()) {
                note(part.name(), objects.patiently(() -> inspection.state(part.name())));
            }
        } catch (StorageException e) {
            fail(
                    SharedObjectCheck.problem(
                            part.name().indexKey(environment.root()).value(), e),
                    e);
        }
    }

    private void note(SegmentName name, SealedState state) {
        lock.lock();
        try {
            for (EpochStart start : state.epochs()) {
                noteEpoch(name.id(), start.leaderEpoch(), start.startOffset());
            }
            for (ProducerTail producer : state.producers()) {
                maxProducerId = Math.max(maxProducerId, producer.getProducerId());
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void noteEpoch(PartitionId id, int epoch, long offset) {
        epochStarts.computeIfAbsent(id, any -> new TreeMap<>()).merge(epoch, offset, Math::min);
    }

    /** What cannot be read for now must not look as if it were not there. */
    private void fail(Problem problem, StorageException cause) {
        lock.lock();
        try {
            if (problem.kind() == Problem.Kind.UNREADABLE_OBJECT) {
                failure = Optional.of(cause);
            }
            problems.add(problem);
            damaged.add(problem.subject());
        } finally {
            lock.unlock();
        }
    }

    /** In the order of their keys. */
    List<Sighting> sightings() {
        lock.lock();
        try {
            return List.copyOf(sightings);
        } finally {
            lock.unlock();
        }
    }

    Map<PartitionId, Map<SegmentName, SealedCheck.Part>> segments() {
        return segments;
    }

    /** The lowest offset at which each leader epoch of a partition was seen. */
    NavigableMap<Integer, Long> epochStarts(PartitionId id) {
        lock.lock();
        try {
            return new TreeMap<>(epochStarts.getOrDefault(id, new TreeMap<>()));
        } finally {
            lock.unlock();
        }
    }

    List<Problem> problems() {
        lock.lock();
        try {
            return List.copyOf(problems);
        } finally {
            lock.unlock();
        }
    }

    /** Whether what was read of an object is as it must be. */
    boolean isSound(ObjectInfo object) {
        lock.lock();
        try {
            return !damaged.contains(object.key().value());
        } finally {
            lock.unlock();
        }
    }

    /** -1 when there is none. */
    long maxProducerId() {
        lock.lock();
        try {
            return maxProducerId;
        } finally {
            lock.unlock();
        }
    }
}
