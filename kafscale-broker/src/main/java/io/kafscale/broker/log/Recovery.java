// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.proto.log.ProducerTail;
import io.kafscale.proto.metadata.SharedObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rebuilds logs from what the stores hold: the commit records name the shared objects, their footers name the chunks.
 * Bodies are not read. A footer that cannot be had makes every partition fail that may have a chunk there, and no other.
 * Thread-safe.
 */
final class Recovery {

    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

    private static final int READS_AT_ONCE = 16;
    private static final int ATTEMPTS = 4;

    private final LogEnvironment environment;
    private final ByteCache<ObjectKey, SharedFooter> footers;

    Recovery(LogEnvironment environment, long cacheBytes) {
        this.environment = environment;
        this.footers = new ByteCache<>(environment.clock(), cacheBytes, SharedFooter::sizeBytes);
    }

    /**
     * Recovers what can be recovered; the rest is logged.
     *
     * @throws MetadataException when the commit records cannot be had
     */
    List<Recovered> recover(List<OpenRequest> requests) throws InterruptedException {
        BackOff backOff = new BackOff(environment.clock(), environment.random());
        for (int attempt = 1; ; attempt++) {
            Round round = new Round(requests);
            round.run(CommitRecords.read(environment.metadata(), environment.keys()));
            if (!round.mayBeRepeated() || attempt == ATTEMPTS) {
                return round.results();
            }
            backOff.pause(); // a 404 may mean that a merge went by: the records name other objects now
        }
    }

    /** One reading of all records and of the footers that they name. Guarded by {@code lock}. */
    private final class Round {
        private final ReentrantLock lock = new ReentrantLock();
        private final Map<PartitionId, PartitionRecovery> partitions = new LinkedHashMap<>();
        private final Map<Integer, List<PartitionId>> byMark = new HashMap<>();
        private final Map<PartitionId, StorageException> failures = new HashMap<>();

        Round(List<OpenRequest> requests) {
            for (OpenRequest request : requests) {
                partitions.put(request.id(), new PartitionRecovery(request));
                byMark.computeIfAbsent(SharedFooter.mark(request.id()), mark -> new ArrayList<>())
                        .add(request.id());
            }
        }

        void run(CommitRecords records) throws InterruptedException {
            List<SharedObject> wanted = records.objects().stream()
                    .filter(object -> !concerned(object).isEmpty())
                    .toList();
            AtomicInteger next = new AtomicInteger();
            AtomicInteger done = new AtomicInteger();
            try (TaskScope readers = new TaskScope(environment.threads(), READS_AT_ONCE)) {
                for (int i = 0; i < Math.min(READS_AT_ONCE, wanted.size()); i++) {
                    readers.fork("recover", () -> {
                        for (int at = next.getAndIncrement(); at < wanted.size(); at = next.getAndIncrement()) {
                            take(wanted.get(at));
                            done.incrementAndGet();
                        }
                    });
                }
                readers.awaitAll();
            }
            if (done.get() < wanted.size()) {
                throw new IllegalStateException("recovery ended before all footers were read");
            }
        }

        /** The asked partitions that may have a chunk in an object. */
        private List<PartitionId> concerned(SharedObject object) {
            if (object.getPartitionMarksCount() == 0) {
                return List.copyOf(partitions.keySet());
            }
            List<PartitionId> found = new ArrayList<>();
            for (int i = 0; i < object.getPartitionMarksCount(); i++) {
                found.addAll(byMark.getOrDefault(object.getPartitionMarks(i), List.of()));
            }
            return found;
        }

        private void take(SharedObject object) throws InterruptedException {
            try {
                ObjectKey key = new ObjectKey(object.getKey());
                add(key, footers.get(key, () -> readFooter(key, object)));
            } catch (StorageException e) {
                fail(object, e);
            } catch (IllegalArgumentException e) {
                fail(
                        object,
                        new StorageException(StorageException.Kind.CORRUPT, "commit record of " + object.getKey(), e));
            }
        }

        private void add(ObjectKey object, SharedFooter footer) {
            lock.lock();
            try {
                for (int i = 0; i < footer.chunks().size(); i++) {
                    Chunk chunk = footer.chunks().get(i);
                    PartitionRecovery partition = partitions.get(chunk.id());
                    if (partition != null) {
                        List<ProducerTail> producers = footer.details(i).getProducersList();
                        partition.add(chunk, object, producers);
                    }
                }
            } finally {
                lock.unlock();
            }
        }

        private void fail(SharedObject object, StorageException e) {
            lock.lock();
            try {
                concerned(object).forEach(id -> failures.put(id, e));
            } finally {
                lock.unlock();
            }
        }

        boolean mayBeRepeated() {
            return failures.values().stream().anyMatch(e -> e.kind() != StorageException.Kind.CORRUPT);
        }

        List<Recovered> results() {
            long now = environment.clock().wallMillis();
            List<Recovered> results = new ArrayList<>();
            for (PartitionRecovery partition : partitions.values()) {
                StorageException failure = failures.get(partition.request().id());
                if (failure != null) {
                    report(partition.request(), "a footer is missing: " + failure.getMessage());
                    continue;
                }
                switch (partition.assemble(now)) {
                    case PartitionRecovery.Result.Complete complete -> results.add(complete.recovered());
                    case PartitionRecovery.Result.Broken broken -> report(partition.request(), broken.reason());
                }
            }
            return results;
        }

        private void report(OpenRequest request, String reason) {
            LOG.atError()
                    .addKeyValue("topic", request.topic())
                    .addKeyValue("partition", request.id())
                    .addKeyValue("reason", reason)
                    .log("partition cannot be recovered and is not served");
        }
    }

    private SharedFooter readFooter(ObjectKey key, SharedObject object) {
        long end = object.getFooterPosition() + object.getFooterLength() + SharedFooter.TRAILER_BYTES;
        if (object.getFooterPosition() < 0 || object.getFooterLength() < 0 || end != object.getSize()) {
            throw new StorageException(
                    StorageException.Kind.CORRUPT, "commit record of " + key + " contradicts itself");
        }
        try {
            return SharedFooter.parse(
                    environment
                            .objects()
                            .read(
                                    key,
                                    object.getFooterPosition(),
                                    object.getFooterLength() + SharedFooter.TRAILER_BYTES),
                    object.getFooterPosition());
        } catch (StorageException e) {
            throw new StorageException(e.kind(), "object " + key + ": " + e.getMessage(), e);
        }
    }
}
