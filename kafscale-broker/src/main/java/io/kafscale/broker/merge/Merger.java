// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.chunk.CommitRecord;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.chunk.SharedFooter;
import io.kafscale.broker.chunk.StoredChunk;
import io.kafscale.broker.merge.MergeCommit.Result;
import io.kafscale.broker.merge.MergePlan.Candidate;
import io.kafscale.broker.merge.MergePlan.Step;
import io.kafscale.broker.merge.SharedObjects.Live;
import io.kafscale.broker.merge.SharedObjects.Share;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Deadline;
import io.kafscale.proto.metadata.Head;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what {@link MergePlan} says with the records of one incarnation, one thing after the other: writes the merged
 * object, has it take the place of the old ones in the metadata, then tells those who read. Objects are never deleted here.
 * Confined to one thread.
 */
final class Merger {

    private static final Logger LOG = LoggerFactory.getLogger(Merger.class);

    /** An object that was found damaged so often in a row is left alone. */
    private static final int MOST_DAMAGES = 3;

    /** So many records are looked into at each step, those first that nobody has looked into for longest. */
    private static final int LOOKS_PER_STEP = 16;

    /** The same relief is not asked for more often. */
    private static final Duration RELIEF_PAUSE = Duration.ofMinutes(1);

    private final LogEnvironment environment;
    private final String incarnation;
    private final SharedObjects objects;
    private final Merging merging;
    private final MergeLimits limits;
    private final MergeCommit commit;
    private final Merge merge;
    private final Map<ObjectKey, Integer> damages = new HashMap<>();
    private Deadline nextRelief;

    /** What a step has done. */
    enum Done {
        SOMETHING,
        NOTHING,
        /** Somebody else has changed a record; what stands now is known. */
        CHANGED,
        /** The token is lost: nothing more may be done. */
        OVERTAKEN
    }

    Merger(LogEnvironment environment, Token token, String incarnation, SharedObjects objects, Merging merging) {
        this.environment = environment;
        this.incarnation = incarnation;
        this.objects = objects;
        this.merging = merging;
        this.limits = merging.limits();
        this.commit = new MergeCommit(environment, token, incarnation);
        this.merge = new Merge(environment.objects(), merging.limits(), merging.liveness());
        this.nextRelief = Deadline.after(environment.clock(), Duration.ZERO);
    }

    /**
     * Does the next thing that is due.
     *
     * @throws StorageException when a store does not do its part; the same is due again
     * @throws io.kafscale.broker.metadata.MetadataException likewise
     */
    Done step() throws InterruptedException {
        look();
        List<Live> all = objects.all();
        Step step = MergePlan.next(all.stream().map(this::candidate).toList(), limits);
        return switch (step) {
            case Step.Nothing nothing -> Done.NOTHING;
            case Step.Drop(List<Integer> places) ->
                drop(places.stream().map(all::get).toList());
            case Step.Merge(int from, int end, int tier) -> merge(List.copyOf(all.subList(from, end)), tier);
            case Step.Relieve(int place) -> relieve(all.get(place));
        };
    }

    private Candidate candidate(Live live) {
        CommitRecord record = live.record();
        return new Candidate(
                record.tier(),
                record.footerPosition(),
                live.share().liveBytes(),
                live.share().liveChunks(),
                record.footerLength(),
                damages.getOrDefault(record.object(), 0) < MOST_DAMAGES);
    }

    /** Finds out what is left of some records. */
    private void look() throws InterruptedException {
        long now = environment.clock().monotonicNanos();
        List<Live> due = objects.all().stream()
                .filter(live ->
                        now - live.share().seenNanos() >= limits.lookInterval().toNanos())
                .sorted(Comparator.comparingLong(live -> live.share().seenNanos() - now))
                .limit(LOOKS_PER_STEP)
                .toList();
        look(due, now);
    }

    /** Finds out what is left of each record. */
    void lookAtAll() throws InterruptedException {
        look(objects.all(), environment.clock().monotonicNanos());
    }

    private void look(List<Live> due, long now) throws InterruptedException {
        for (Live live : due) {
            Share share = look(live, now);
            objects.replace(List.of(live), List.of(new Live(live.record(), live.revision(), share)));
        }
    }

    private Share look(Live live, long now) throws InterruptedException {
        try {
            return Share.of(merging.footers().read(live.record()), merging.liveness(), now);
        } catch (StorageException e) {
            if (Merge.isLost(e)) {
                damaged(live.record().object(), e);
            }
            return new Share(live.share().liveBytes(), live.share().liveChunks(), now);
        }
    }

    private void damaged(ObjectKey object, StorageException cause) {
        int times = damages.merge(object, 1, Integer::sum);
        LOG.atError()
                .setCause(cause)
                .addKeyValue("object", object)
                .addKeyValue("times", times)
                .log("object cannot be merged, it stays as it is");
    }

    private Done drop(List<Live> dead) throws InterruptedException {
        Result result = commit.drop(dead);
        if (!(result instanceof Result.Applied)) {
            return refused(result);
        }
        objects.replace(dead, List.of());
        dead.forEach(live -> damages.remove(live.record().object()));
        LOG.atDebug()
                .addKeyValue("incarnation", incarnation)
                .addKeyValue("records", dead.size())
                .log("empty commit records dropped");
        return Done.SOMETHING;
    }

    /**
     * Removes the last record of an incarnation that is over, and the head with it, if nothing of it is needed.
     *
     * @param head as it was read before the records
     */
    Done end(KeyValue head) throws InterruptedException {
        List<Live> left = objects.all();
        if (left.size() != 1 || left.getFirst().share().liveChunks() > 0 || !covers(left.getFirst(), head)) {
            return Done.NOTHING;
        }
        Result result = commit.end(left.getFirst(), head);
        if (!(result instanceof Result.Applied)) {
            return refused(result);
        }
        objects.replace(left, List.of());
        LOG.atInfo().addKeyValue("incarnation", incarnation).log("nothing of an incarnation is left");
        return Done.SOMETHING;
    }

    /** Else records have been lost, which may have held something. */
    private static boolean covers(Live last, KeyValue head) {
        try {
            return last.record().lastSequence() == Head.parseFrom(head.value()).getSequence();
        } catch (InvalidProtocolBufferException e) {
            return false;
        }
    }

    private Done merge(List<Live> run, int tier) throws InterruptedException {
        List<Merge.Input> inputs = new ArrayList<>();
        for (Live live : run) {
            try {
                inputs.add(new Merge.Input(
                        live.record().object(), merging.footers().read(live.record())));
            } catch (StorageException e) {
                if (Merge.isLost(e)) {
                    damaged(live.record().object(), e);
                }
                throw e;
            }
        }
        ObjectKey name =
                environment.newSharedObject(incarnation, run.getFirst().record().firstSequence());
        return switch (merge.run(name, inputs)) {
            case Merge.Result.Stored(SharedFooter footer) -> replace(run, name, footer, tier);
            case Merge.Result.Empty empty -> drop(run);
            case Merge.Result.Damaged(ObjectKey object, StorageException cause) -> {
                damaged(object, cause);
                throw cause;
            }
        };
    }

    private Done replace(List<Live> run, ObjectKey name, SharedFooter footer, int tier) throws InterruptedException {
        long first = run.getFirst().record().firstSequence();
        CommitRecord merged = CommitRecord.of(
                name, footer, tier, first, run.getLast().record().lastSequence());
        merging.footers().keep(name, footer);
        Result result = commit.replace(run, merged);
        if (!(result instanceof Result.Applied(long revision))) {
            return refused(result);
        }
        Share whole = new Share(
                footer.position(), footer.chunks().size(), environment.clock().monotonicNanos());
        objects.replace(run, List.of(new Live(merged, revision, whole)));
        run.forEach(live -> damages.remove(live.record().object()));
        LOG.atDebug()
                .addKeyValue("object", name)
                .addKeyValue("records", run.size())
                .addKeyValue("bytes", footer.position())
                .log("shared objects merged");
        merging.moves()
                .moved(footer.chunks().stream()
                        .map(chunk -> new StoredChunk(chunk, name))
                        .toList());
        return Done.SOMETHING;
    }

    private Done refused(Result result) {
        if (result instanceof Result.Changed) {
            LOG.atWarn()
                    .addKeyValue("incarnation", incarnation)
                    .log("somebody else has changed commit records, they are read again");
            lookAgain();
            return Done.CHANGED;
        }
        LOG.atInfo().addKeyValue("incarnation", incarnation).log("the token is lost, merging ends");
        return Done.OVERTAKEN;
    }

    /** Learns which records stand now, whoever has put or deleted them. */
    private void lookAgain() {
        Snapshot stored = environment.metadata().range(environment.keys().commits(incarnation));
        List<Live> standing = new ArrayList<>();
        for (KeyValue entry : stored.all()) {
            try {
                standing.add(Live.unknown(CommitRecord.parse(entry.key(), entry.value()), entry.modRevision()));
            } catch (StorageException e) {
                LOG.atError()
                        .setCause(e)
                        .addKeyValue("key", entry.key())
                        .log("commit record is damaged, it stays as it is");
            }
        }
        objects.learn(standing, stored.revision());
    }

    /** Asks for those partitions to be sealed without which little would be left of a record. */
    private Done relieve(Live oldest) throws InterruptedException {
        if (nextRelief.passed(environment.clock())) {
            List<Chunk> live = merging.footers().read(oldest.record()).chunks().stream()
                    .filter(merging.liveness()::isLive)
                    .toList();
            merging.moves().relieve(Relief.of(live));
            nextRelief = Deadline.after(environment.clock(), RELIEF_PAUSE);
        }
        return Done.NOTHING;
    }
}
