// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.janitor.BucketHistory;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.proto.metadata.ClusterIdentity;
import io.kafscale.proto.metadata.SharedObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Brings a cluster back whose metadata is gone, or was set back to an older state, from what its bucket holds.
 *
 * <pre>
 *   1  the base        what the metadata has or the newest backup, whichever knows more; the former is backed up first
 *   2  the plan        made of the base and the bucket; where records would be lost by it, the restore ends here
 *   3  the counter     of the bucket, ahead of the metadata: no broker starts from here on
 *   4  copies          of chunks whose objects cannot be named whole
 *   5  the metadata    a key that says so, all others, and last the identity with the counter of step 3: brokers may start
 *                      again
 * </pre>
 *
 * Before step 5 the shared objects are listed again: were one to come, somebody would still write. Whoever comes behind a crash begins anew, from the same base: metadata that bears the key of step 5 is none. Confined to one thread.
 */
public final class Restore {

    private static final int GROUP_SHARDS = 64;

    private final LogEnvironment environment;
    private final ClusterKeys keys;
    private final BucketHistory history;
    private final Backups backups;
    private final Report report;
    private final boolean acceptsLoss;

    public Restore(LogEnvironment environment, Report report) {
        this(environment, report, false);
    }

    private Restore(LogEnvironment environment, Report report, boolean acceptsLoss) {
        this.acceptsLoss = acceptsLoss;
        this.environment = environment;
        this.keys = environment.keys();
        this.history = IdentityCheck.history(environment);
        this.backups = Backups.of(environment);
        this.report = report;
    }

    /** One that goes on although records are lost. */
    public Restore acceptingLoss() {
        return new Restore(environment, report, true);
    }

    /** A restore is not allowed, or there is nothing to restore. */
    public static final class RefusedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }

    /** What a restore goes out from. Immutable. */
    private record Base(Dump dump, Optional<ObjectKey> backup) {}

    /** Whose the stores are, and how far both have come. Immutable. */
    private record Situation(
            BucketHistory.Owner owner, BucketHistory.Counter counter, Snapshot metadata, Optional<Dump> dump) {}

    /**
     * Restores.
     *
     * @param isDry only tells what would be done
     * @param isForced also when the metadata does not look older than the objects
     * @return how many problems were met; what they do not concern is restored, but nothing is when records would be lost
     * @throws RefusedException when nothing is to be restored, or must be
     */
    public int run(boolean isDry, boolean isForced) throws InterruptedException {
        Situation situation = look(isForced);
        Base base = base(situation);
        long counter = counter(situation, base);
        report.note("cluster " + situation.owner().uuid() + " is restored from " + told(base) + "; its counter becomes "
                + counter);
        ByteString identity = identity(situation, base.dump(), counter);
        ClusterMetadata known = new ClusterMetadata(keys, base.dump().under(keys));
        String incarnation = ChunkCopies.incarnation(counter);
        RestorePlan.Parts parts = plan(situation, base, known, incarnation);
        boolean isRefused = !acceptsLoss && parts.problems().stream().anyMatch(Restore::isLoss);
        boolean writes = !isDry && !isRefused;
        if (writes) {
            begin(situation, base, counter);
        }
        List<SharedObject> copies = !writes
                ? List.of()
                : new ChunkCopies(environment, incarnation).copy(parts.objects().copies());
        RestorePlan plan = new RestorePlan(keys, base.dump(), parts, incarnation, copies);
        if (writes) {
            requireUnchanged(parts.survey());
            new MetadataSync(environment, situation.metadata().find(keys.cluster()), counter)
                    .run(plan.target(), identity);
            tidy();
        }
        return tell(ending(isDry, isRefused), parts, plan);
    }

    /** Whether records are, or may be, lost. What an index has can be read from its segment. */
    private static boolean isLoss(Problem problem) {
        return switch (problem.kind()) {
            case MISSING_OBJECT, DAMAGED_OBJECT -> !problem.subject().endsWith(".index");
            case UNREADABLE_KEY -> false;
            default -> true;
        };
    }

    private static void requireUnchanged(Survey survey) throws InterruptedException {
        Optional<ObjectKey> change = survey.change();
        if (change.isPresent()) {
            throw new RefusedException("object " + change.get()
                    + " has come or gone meanwhile: a broker still runs on these objects; stop it, and run 'fsck restore'"
                    + " again");
        }
    }

    private static String ending(boolean isDry, boolean isRefused) {
        if (isRefused) {
            return "nothing was written: records would be lost by the problems above; mend the objects, or run"
                    + " 'fsck restore --accept-loss' to do without them";
        }
        return isDry
                ? "nothing was written; run 'fsck restore' to do it"
                : "restored; check with 'fsck', then start the brokers";
    }

    private Situation look(boolean isForced) {
        BucketHistory.Owner owner = history.owner()
                .orElseThrow(() -> new RefusedException("there is nothing to restore from: object " + environment.root()
                        + "/cluster.json is not there"));
        BucketHistory.Counter counter = history.counter();
        Snapshot metadata = environment.metadata().range(keys.root());
        Optional<KeyValue> broker = metadata.all().stream()
                .filter(entry -> entry.key().startsWith(keys.brokers()))
                .findFirst();
        if (broker.isPresent()) {
            throw new RefusedException("a broker is registered (" + broker.get().key()
                    + "): stop all brokers; the registration of one that died ends with its lease, after some seconds");
        }
        Optional<Dump> dump = Dump.of(metadata, keys, environment.clock().wallMillis());
        if (dump.isPresent() && !dump.get().uuid().equals(owner.uuid())) {
            throw new RefusedException(
                    "the metadata is that of cluster " + dump.get().uuid()
                            + ", but the objects belong to cluster " + owner.uuid()
                            + ": connect the stores that belong together");
        }
        boolean isBehind =
                dump.isEmpty() || dump.get().counter() < counter.value() || metadata.revision() < counter.revision();
        if (!isBehind && !isForced) {
            throw new RefusedException("there is nothing to restore: metadata and objects agree, both are of cluster "
                    + owner.uuid() + " with counter " + counter.value()
                    + "; if the metadata was set back all the same, by less than a minute, use --force");
        }
        return new Situation(owner, counter, metadata, dump);
    }

    private Base base(Situation situation) throws InterruptedException {
        boolean isHalfDone = situation.metadata().find(keys.restoring()).isPresent();
        Optional<Base> best =
                situation.dump().filter(dump -> !isHalfDone).map(dump -> new Base(dump, Optional.empty()));
        for (Backups.Stored stored : backups.readable(situation.owner().uuid())) {
            if (best.isEmpty() || Dump.BY_AGE.compare(stored.dump(), best.get().dump()) > 0) {
                best = Optional.of(
                        new Base(stored.dump(), Optional.of(stored.object().key())));
            }
        }
        return best.orElseGet(() -> new Base(
                Dump.empty(situation.owner().uuid(), environment.clock().wallMillis()), Optional.empty()));
    }

    private static long counter(Situation situation, Base base) {
        long metadata = situation.dump().map(Dump::counter).orElse(0L);
        return Math.addExact(
                Math.max(
                        situation.counter().value(),
                        Math.max(metadata, base.dump().counter())),
                1);
    }

    private static String told(Base base) {
        if (base.dump().entries().isEmpty()) {
            return "its objects alone: neither the metadata nor a backup knows it";
        }
        String of =
                "counter " + base.dump().counter() + ", revision " + base.dump().revision();
        return base.backup()
                .map(key -> "backup " + key + " (" + of + ")")
                .orElseGet(() -> "what the metadata store still has (" + of + ")");
    }

    /** From its end on no broker starts before the restore has ended. */
    private void begin(Situation situation, Base base, long counter) throws InterruptedException {
        if (base.backup().isEmpty() && situation.dump().isPresent()) {
            backups.write(base.dump().asRestoreBase());
        }
        if (!history.raise(situation.owner().uuid(), counter)) {
            throw new RefusedException("somebody else restores this cluster, or has tried to: run 'fsck restore' again"
                    + " when that has ended");
        }
    }

    /** The cluster is back already; whoever raises the counter next tries this again. */
    private void tidy() {
        try {
            history.dropOlderCounters();
        } catch (StorageException e) {
            report.note("older counters are left in the bucket, which does no harm: " + e.getMessage());
        }
    }

    private RestorePlan.Parts plan(Situation situation, Base base, ClusterMetadata known, String incarnation)
            throws InterruptedException {
        Set<String> named =
                known.commits().stream().map(commit -> commit.value().getKey()).collect(Collectors.toSet());
        Survey survey = new Survey(environment, named, incarnation);
        survey.run();
        String uuid = situation.owner().uuid();
        Optional<BucketHistory.Past> past = history.newestReferences(uuid);
        List<TopicsPlan.Look> looks = new ArrayList<>();
        for (Backups.Stored stored : backups.readable(uuid)) {
            if (!stored.dump().isRestoreBase()) {
                ClusterMetadata then = new ClusterMetadata(keys, stored.dump().under(keys));
                if (then.hasAllTopics()) {
                    looks.add(new TopicsPlan.Look(
                            stored.object().lastModifiedMillis(), then.topics().keySet()));
                }
            }
        }
        TopicsPlan topics = new TopicsPlan(known, base.dump().counter(), survey, past, looks);
        List<Problem> problems = new ArrayList<>(survey.problems());
        known.unreadable().forEach(finding -> problems.add(finding.problem()));
        ChunkCopies copies = new ChunkCopies(environment, incarnation);
        Set<Chains.Candidate> sound = new HashSet<>();
        Set<Chains.Candidate> broken = new HashSet<>();
        while (true) {
            LogsPlan logs = new LogsPlan(known, survey, topics, past, broken);
            ObjectsPlan objects = new ObjectsPlan(known, logs);
            int before = broken.size();
            for (Chains.Candidate wanted : objects.copies()) {
                if (sound.add(wanted)) {
                    copies.problem(wanted).ifPresent(problem -> {
                        problems.add(problem);
                        broken.add(wanted);
                    });
                }
            }
            if (broken.size() == before) {
                problems.addAll(logs.problems());
                return new RestorePlan.Parts(survey, topics, logs, objects, problems);
            }
        }
    }

    private ByteString identity(Situation situation, Dump base, long counter) {
        try {
            ByteString known =
                    base.entries().get(keys.cluster().substring(keys.root().length()));
            ClusterIdentity identity = known == null
                    ? ClusterIdentity.newBuilder()
                            .setUuid(situation.owner().uuid())
                            .setGroupShards(GROUP_SHARDS)
                            .setFormatVersion(situation.owner().formatVersion())
                            .setCreatedMs(situation.owner().createdMillis())
                            .build()
                    : ClusterIdentity.parseFrom(known);
            IdentityCheck.newer(Math.max(
                            identity.getFormatVersion(), situation.owner().formatVersion()))
                    .ifPresent(reason -> {
                        throw new RefusedException(reason);
                    });
            return identity.toBuilder()
                    .setCounter(counter)
                    .setRestored(counter)
                    .build()
                    .toByteString();
        } catch (InvalidProtocolBufferException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "the identity in the backup cannot be read", e);
        }
    }

    private int tell(String ending, RestorePlan.Parts parts, RestorePlan plan) {
        parts.topics().notes().forEach(report::note);
        List<Problem> problems = Stream.concat(parts.problems().stream(), plan.problems().stream())
                .distinct()
                .sorted()
                .toList();
        problems.forEach(problem -> report.problem(problem.kind().word(), problem.subject(), problem.detail()));
        report.summary(
                List.of(
                        new Report.Total("topics", parts.topics().topics().size()),
                        new Report.Total("partitions", parts.logs().logs().size()),
                        new Report.Total("adopted_objects", parts.objects().adopted()),
                        new Report.Total(
                                "copied_chunks", parts.objects().copies().size()),
                        new Report.Total("changed_group_offsets", plan.clamped()),
                        new Report.Total("problems", problems.size())),
                List.of(ending));
        return problems.size();
    }
}
