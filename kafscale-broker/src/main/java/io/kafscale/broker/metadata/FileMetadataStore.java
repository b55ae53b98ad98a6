// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.kafscale.broker.disk.Disk;
import io.kafscale.broker.disk.DiskFailure;
import io.kafscale.broker.disk.FolderLock;
import io.kafscale.broker.disk.LocalDisk;
import io.kafscale.broker.metadata.MetadataException.Kind;
import io.kafscale.broker.metadata.MetadataLog.Appended;
import io.kafscale.broker.metadata.MetadataRequest.Reply;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.Threads;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Metadata in memory and in one file, of one process: a transaction is answered when the file has it, and those that wait
 * at the same time share one write. Leases live in memory alone: once the directory has been opened nobody else can hold
 * one, so all earlier ones have ended. Calls take as long as the disk does. Thread-safe.
 */
public final class FileMetadataStore implements MetadataStore {

    private final Clock clock;
    private final LiveMetadata live;
    private final Thread writer;
    private final Pending<Throwable> death;

    private FileMetadataStore(Clock clock, LiveMetadata live, Thread writer, Pending<Throwable> death) {
        this.clock = clock;
        this.live = live;
        this.writer = writer;
        this.death = death;
    }

    /**
     * Opens the metadata of a directory, which is made when it is not there.
     *
     * @param threads starts the one thread that writes; it ends when the store is closed
     * @throws MetadataException of kind REFUSED when another process uses the directory or when it cannot be written,
     *     CORRUPT when the file is damaged
     */
    public static FileMetadataStore open(Path directory, Clock clock, Threads threads) {
        return open(new LocalDisk(), directory, MetadataLog.Steps.USUAL, clock, threads);
    }

    static FileMetadataStore open(Disk disk, Path directory, MetadataLog.Steps steps, Clock clock, Threads threads) {
        Path folder = directory.toAbsolutePath().resolve("metadata");
        try {
            disk.createFolders(folder);
            FolderLock lock = FolderLock.tryAcquire(folder)
                    .orElseThrow(() -> new MetadataException(
                            Kind.REFUSED, "directory " + directory + " is in use by another broker (" + folder + ")"));
            try {
                return open(MetadataLog.open(disk, folder, steps, seed(clock)), folder, lock, clock, threads);
            } catch (IOException | RuntimeException | Error e) {
                lock.close();
                throw e;
            }
        } catch (IOException e) {
            throw new MetadataException(
                    MetadataWriter.kindOf(DiskFailure.of(e, directory, 0)),
                    "directory " + directory + " cannot be used: " + e,
                    e);
        }
    }

    private static long seed(Clock clock) {
        return clock.wallMillis() ^ clock.monotonicNanos();
    }

    private static FileMetadataStore open(
            MetadataLog.Opened opened, Path folder, FolderLock lock, Clock clock, Threads threads) throws IOException {
        MetadataLog log = opened.log();
        try {
            long session = opened.session() + 1;
            MetadataState state = opened.state().endAllLeases().state();
            Appended appended = log.append(List.of(new LogEntry.SessionBegan(state.revision(), session)));
            if (appended instanceof Appended.Failed(IOException cause)) {
                throw cause;
            }
            if (appended instanceof Appended.Unknown(IOException cause)) {
                throw cause;
            }
            LiveMetadata live = new LiveMetadata(clock, state, session);
            MetadataWriter writer = new MetadataWriter(live, log, lock, folder, session, clock);
            return new FileMetadataStore(clock, live, threads.startPlatform("metadata-writer", writer), writer.death());
        } catch (IOException | RuntimeException | Error e) {
            log.close();
            throw e;
        }
    }

    /**
     * Comes, with its cause, when a bug or a lack of memory has ended the one thread that writes. Every call is refused
     * from then on, and only a new process is sure to get out of it: whoever holds the store must end.
     */
    public Pending<Throwable> death() {
        return death;
    }

    @Override
    public Snapshot get(Collection<String> keys) {
        TransactionRules.checkNames(keys);
        return settledState().get(keys);
    }

    @Override
    public Snapshot range(String prefix) {
        return settledState().range(prefix);
    }

    private MetadataState settledState() {
        live.checkCallable();
        Optional<MetadataState> settled = live.settledState();
        if (settled.isPresent()) {
            return settled.get();
        }
        MetadataRequest.Settle settle = new MetadataRequest.Settle(new Pending<>());
        answer(settle);
        return live.state();
    }

    @Override
    public TransactionResult commit(Transaction transaction) {
        long sizeBytes = TransactionRules.check(transaction);
        live.checkCallable();
        return answer(new MetadataRequest.Commit(transaction, sizeBytes, new Pending<>()));
    }

    @Override
    public Lease grantLease(Duration timeToLive) {
        live.checkCallable();
        return live.grantLease(timeToLive);
    }

    @Override
    public boolean keepAlive(Lease lease) {
        live.checkCallable();
        return live.keepAlive(lease);
    }

    @Override
    public void revoke(Lease lease) {
        live.checkCallable();
        if (answer(new MetadataRequest.Revoke(lease.id(), new Pending<>()))
                instanceof TransactionResult.Unknown(MetadataException cause)) {
            throw cause;
        }
    }

    @Override
    public Watch watch(String prefix, long fromRevision) {
        live.checkCallable();
        return live.watch(prefix, fromRevision);
    }

    private TransactionResult answer(MetadataRequest request) {
        return switch (reply(request)) {
            case Reply.Answer(TransactionResult result) -> result;
            case Reply.Failure(MetadataException cause) ->
                throw new MetadataException(cause.kind(), String.valueOf(cause.getMessage()), cause);
        };
    }

    private Reply reply(MetadataRequest request) {
        boolean offered = false;
        try {
            offered = live.offer(request);
            if (!offered) {
                live.checkCallable();
            }
            return request.reply().await(clock, Deadline.NEVER).orElseThrow();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            MetadataException interrupted = new MetadataException(Kind.INTERRUPTED, "interrupted", e);
            boolean takenByWriter = offered && !live.withdraw(request);
            return takenByWriter
                    ? new Reply.Answer(new TransactionResult.Unknown(interrupted))
                    : new Reply.Failure(interrupted);
        }
    }

    @Override
    public void close() {
        live.close();
        boolean interrupted = false;
        while (true) {
            try {
                writer.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
