// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.recovery;

import io.kafscale.broker.chunk.CommitRecord;
import io.kafscale.broker.chunk.Footers;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.segment.SealedState;
import io.kafscale.broker.segment.SegmentName;
import io.kafscale.broker.segment.Segments;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.BackOff;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rebuilds logs from what the stores hold: the commit records name the shared objects, their footers name the chunks.
 * Bodies are not read. A footer that cannot be had makes every partition fail that may have a chunk there, and no other.
 * Thread-safe.
 */
public final class Recovery {

    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);

    /** With pauses from 20 ms on that double, these take about two seconds. */
    private static final int ATTEMPTS = 8;

    /** What is wrong on its way comes right the next time; what is wrong where it is kept does not. */
    private static final int ATTEMPTS_AT_DAMAGE = 6;

    private final LogEnvironment environment;
    private final Segments segments;
    private final Footers footers;

    /** Recovery that shares its footers with whoever writes them. */
    public Recovery(LogEnvironment environment, Segments segments, Footers footers) {
        this.environment = environment;
        this.segments = segments;
        this.footers = footers;
    }

    /**
     * Reads the footers that recoveries will ask for, the newest first, as far as there is room for them.
     *
     * @throws MetadataException when the commit records cannot be had
     * @throws StorageException when a footer cannot be had
     */
    public void prepare() throws InterruptedException {
        List<CommitRecord> records =
                CommitRecords.read(environment.metadata(), environment.keys()).records();
        long room = footers.limitBytes();
        for (CommitRecord record : records.reversed()) {
            room -= footers.read(record).sizeBytes();
            if (room < 0) {
                return;
            }
        }
    }

    /**
     * Recovers what can be recovered; the rest is logged. What failed and may do better is tried again for a while, without
     * reading anew what was read.
     *
     * @param found told of each partition as soon as its own footers are there, by one of many threads
     * @throws MetadataException when the commit records cannot be had
     */
    public void recover(List<RecoveryRequest> requests, Consumer<Recovered> found) throws InterruptedException {
        requests.stream()
                .filter(RecoveryRequest::isFirstOwnership)
                .map(Recovered::empty)
                .forEach(found);
        List<PartitionRecovery> left = requests.stream()
                .filter(request -> !request.isFirstOwnership())
                .map(PartitionRecovery::new)
                .toList();
        BackOff backOff = BackOff.forStores(environment.random());
        for (int attempt = 1; !left.isEmpty(); attempt++) {
            boolean last = attempt == ATTEMPTS;
            boolean sure = attempt >= ATTEMPTS_AT_DAMAGE;
            Predicate<PartitionRecovery> given = partition -> last || (sure && isDamaged(partition));
            List<PartitionRecovery> failed = read(left, found);
            failed.stream().filter(given).forEach(Recovery::reportFailure);
            left = failed.stream().filter(given.negate()).toList();
            if (!left.isEmpty()) {
                backOff.pause(environment.clock());
            }
        }
    }

    /** Reads what is wanted once; returns the partitions that may do better next time. */
    private List<PartitionRecovery> read(List<PartitionRecovery> wanting, Consumer<Recovered> found)
            throws InterruptedException {
        // a 404 may mean that a merge went by, so each reading goes by what the records name now
        CommitRecords records = CommitRecords.read(environment.metadata(), environment.keys());
        List<PartitionRecovery> failed = Collections.synchronizedList(new ArrayList<>());
        new RecoveryRound(environment.threads(), footers, this::newestSegment, wanting, partition -> {
                    if (partition.failure().isEmpty()) {
                        assemble(partition, records).ifPresent(found);
                    } else {
                        failed.add(partition);
                    }
                })
                .run(records);
        return failed;
    }

    private SealedState newestSegment(RecoveryRequest request) throws InterruptedException {
        SegmentName name = SegmentName.parse(request.newestSegment())
                .orElseThrow(() -> new StorageException(
                        StorageException.Kind.CORRUPT, "state names no segment: " + request.newestSegment()));
        return segments.state(name);
    }

    private static boolean isDamaged(PartitionRecovery partition) {
        return partition
                .failure()
                .filter(failure -> failure.kind() == StorageException.Kind.CORRUPT)
                .isPresent();
    }

    private static Optional<Recovered> assemble(PartitionRecovery partition, CommitRecords records) {
        return switch (partition.assemble(records)) {
            case PartitionRecovery.Result.Complete complete -> Optional.of(complete.recovered());
            case PartitionRecovery.Result.Broken broken -> {
                report(partition, broken.reason());
                yield Optional.empty();
            }
        };
    }

    private static void reportFailure(PartitionRecovery partition) {
        report(
                partition,
                "a footer is missing: "
                        + partition.failure().map(StorageException::getMessage).orElse(""));
    }

    private static void report(PartitionRecovery partition, String reason) {
        LOG.atError()
                .addKeyValue("topic", partition.request().topic())
                .addKeyValue("partition", partition.request().id())
                .addKeyValue("reason", reason)
                .log("partition cannot be recovered and is not served");
    }
}
