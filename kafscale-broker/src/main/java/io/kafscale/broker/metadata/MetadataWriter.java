// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.kafscale.broker.disk.DiskFailure;
import io.kafscale.broker.disk.FolderLock;
import io.kafscale.broker.metadata.MetadataException.Kind;
import io.kafscale.broker.metadata.MetadataLog.Appended;
import io.kafscale.broker.metadata.MetadataRequest.Reply;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that alone decides and writes: it takes what callers wait for, does it on a copy of the state, makes that
 * durable with one write, shows it, and answers. Ends leases whose time is over by itself, and at last the log and the
 * lock of the folder. Confined to its thread.
 */
final class MetadataWriter implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(MetadataWriter.class);

    /** After a failure that left the file in doubt, or a lease's keys in place, it is tried again so often. */
    private static final Duration RETRY_INTERVAL = Duration.ofSeconds(1);

    private final LiveMetadata live;
    private final MetadataLog log;
    private final FolderLock folderLock;
    private final Path folder;
    private final long session;
    private final Clock clock;

    /** Leases that have ended, though their keys could not be deleted yet. */
    private final Set<Long> endedLeases = new LinkedHashSet<>();

    private final Pending<Throwable> death = new Pending<>();
    private Deadline rewriteNotBefore;

    MetadataWriter(LiveMetadata live, MetadataLog log, FolderLock folderLock, Path folder, long session, Clock clock) {
        this.live = live;
        this.log = log;
        this.folderLock = folderLock;
        this.folder = folder;
        this.session = session;
        this.clock = clock;
        this.rewriteNotBefore = Deadline.after(clock, Duration.ZERO);
    }

    Pending<Throwable> death() {
        return death;
    }

    @Override
    public void run() {
        try {
            Optional<List<MetadataRequest>> requests = take();
            while (requests.isPresent()) {
                write(requests.get());
                requests = take();
            }
            sayClosed();
            release();
        } catch (RuntimeException | Error e) {
            die(e);
        }
    }

    /** The state in memory and the file may differ now, so nothing may be written any more. */
    private void die(Throwable cause) {
        try {
            release();
            LOG.atError().setCause(cause).addKeyValue("folder", folder).log("metadata writer ended by a bug");
        } finally {
            death.complete(cause);
        }
    }

    private Optional<List<MetadataRequest>> take() {
        Deadline retry = endedLeases.isEmpty() ? Deadline.NEVER : Deadline.after(clock, RETRY_INTERVAL);
        while (true) {
            try {
                return live.take(retry);
            } catch (InterruptedException e) {
                live.close();
            }
        }
    }

    private void write(List<MetadataRequest> requests) {
        Map<MetadataRequest, Reply> replies = Map.of();
        try {
            replies = written(requests);
        } finally {
            for (MetadataRequest request : requests) {
                Reply reply = replies.get(request);
                request.reply().complete(reply != null ? reply : broken(request));
            }
        }
        rewriteIfLarge();
    }

    /** What each caller is told, now that it is known what became of the write. */
    private Map<MetadataRequest, Reply> written(List<MetadataRequest> requests) {
        Map<MetadataRequest, Reply> replies = new LinkedHashMap<>();
        MetadataBatch batch = new MetadataBatch(live.state());
        endedLeases.addAll(live.removeExpiredLeases());
        endedLeases.forEach(batch::endLease);
        requests.forEach(request -> replies.put(request, decide(request, batch)));
        Appended appended = batch.isEmpty() ? new Appended.Durable() : append(batch);
        if (appended instanceof Appended.Durable) {
            endedLeases.clear();
            live.publish(batch.steps());
        } else {
            live.publish(List.of());
            replies.replaceAll((request, reply) -> unwritten(reply, batch, appended));
        }
        return replies;
    }

    private Reply decide(MetadataRequest request, MetadataBatch batch) {
        return switch (request) {
            case MetadataRequest.Commit commit -> decide(commit.transaction(), batch);
            case MetadataRequest.Revoke revoke -> {
                if (live.removeLease(revoke.leaseId())) {
                    endedLeases.add(revoke.leaseId());
                    batch.endLease(revoke.leaseId());
                }
                yield applied(batch);
            }
            case MetadataRequest.Settle settle -> applied(batch);
        };
    }

    private Reply decide(Transaction transaction, MetadataBatch batch) {
        if (!batch.state().holdsAll(transaction.compares())) {
            return new Reply.Answer(new TransactionResult.Refused(batch.state().revision()));
        }
        try {
            live.checkLeases(transaction);
        } catch (MetadataException e) {
            return new Reply.Failure(e);
        }
        batch.apply(transaction.operations());
        return applied(batch);
    }

    private static Reply applied(MetadataBatch batch) {
        return new Reply.Answer(new TransactionResult.Applied(batch.state().revision()));
    }

    private Appended append(MetadataBatch batch) {
        if (log.suspendedBy().isPresent()) {
            resume();
        }
        return log.append(batch.entries());
    }

    /** Tries to get out of doubt by writing the whole state anew: what was unknown has not happened then. */
    private void resume() {
        if (!rewriteNotBefore.passed(clock)) {
            return;
        }
        rewriteNotBefore = Deadline.after(clock, RETRY_INTERVAL);
        try {
            log.rewrite(live.state(), session);
            LOG.atInfo().addKeyValue("folder", folder).log("metadata can be written again");
        } catch (IOException e) {
            LOG.atWarn().setCause(e).addKeyValue("folder", folder).log("metadata still cannot be written");
        }
    }

    private void rewriteIfLarge() {
        if (!log.isLarge() || log.suspendedBy().isPresent()) {
            return;
        }
        try {
            log.rewrite(live.state(), session);
        } catch (IOException e) {
            LOG.atWarn().setCause(e).addKeyValue("folder", folder).log("metadata file cannot be made smaller");
        }
    }

    /** What a caller is told in place of an answer that rests on changes which are not durable. */
    private Reply unwritten(Reply reply, MetadataBatch batch, Appended appended) {
        return switch (reply) {
            case Reply.Failure failure -> failure;
            case Reply.Answer(TransactionResult.Applied(long revision))
            when batch.made(revision) ->
                appended instanceof Appended.Unknown unknown
                        ? new Reply.Answer(new TransactionResult.Unknown(failure(unknown.cause())))
                        : new Reply.Failure(failure(cause(appended)));
            case Reply.Answer(TransactionResult.Refused(long revision))
            when batch.made(revision) -> new Reply.Failure(failure(cause(appended)));
            case Reply.Answer answer -> answer;
        };
    }

    private static IOException cause(Appended appended) {
        return switch (appended) {
            case Appended.Failed(IOException cause) -> cause;
            case Appended.Unknown(IOException cause) -> cause;
            case Appended.Durable durable -> new IOException("nothing failed");
        };
    }

    private MetadataException failure(IOException cause) {
        Kind kind = kindOf(DiskFailure.of(cause, folder, 0));
        return new MetadataException(
                kind == Kind.INTERRUPTED ? Kind.UNAVAILABLE : kind, "metadata in " + folder + ": " + cause, cause);
    }

    static Kind kindOf(DiskFailure failure) {
        return switch (failure) {
            case FULL -> Kind.FULL;
            case REFUSED -> Kind.REFUSED;
            case INTERRUPTED -> Kind.INTERRUPTED;
            case ABSENT, OTHER -> Kind.UNAVAILABLE;
        };
    }

    private void sayClosed() {
        if (log.suspendedBy().isEmpty()
                && log.append(List.of(new LogEntry.Closed())) instanceof Appended.Failed(IOException cause)) {
            LOG.atDebug().setCause(cause).addKeyValue("folder", folder).log("metadata file ends without a last word");
        }
    }

    /** What a caller is told when a bug came between the request and its answer. */
    private static Reply broken(MetadataRequest request) {
        MetadataException cause = new MetadataException(Kind.UNAVAILABLE, "the metadata writer has ended by a bug");
        return switch (request) {
            case MetadataRequest.Commit commit -> new Reply.Answer(new TransactionResult.Unknown(cause));
            case MetadataRequest.Revoke revoke -> new Reply.Answer(new TransactionResult.Unknown(cause));
            case MetadataRequest.Settle settle -> new Reply.Failure(cause);
        };
    }

    private static Reply abandoned() {
        return new Reply.Failure(new MetadataException(Kind.UNAVAILABLE, "the metadata store has ended"));
    }

    private void release() {
        try (folderLock;
                log) {
            live.end().forEach(request -> request.reply().complete(abandoned()));
        } catch (IOException e) {
            LOG.atWarn().setCause(e).addKeyValue("folder", folder).log("metadata file cannot be closed");
        }
    }
}
