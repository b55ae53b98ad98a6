// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.janitor.BucketHistory;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.storage.UploadInfo;
import io.kafscale.proto.metadata.SharedObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Looks through both stores of a cluster for damage, and removes what nobody needs if it is told to.
 *
 * <pre>
 *   1  identity                 the halves in the metadata and the bucket, and the counters
 *   2  metadata                 all keys, at one revision
 *   3  listing                  what the metadata names is ticked off; the rest are orphans, or have unknown names;
 *                               sealed segments that are needed are read whole
 *   4  shared objects           those that commit records name, chunk by chunk
 *   5  logs                     heads, and the chain of each partition's chunks
 *   6  the metadata once more   what does not rest on the same keys any more is dropped
 * </pre>
 *
 * Brokers may live meanwhile: what came behind the revision is not looked at, and what went away is no damage, since objects
 * are written once and step 6 shows that the cluster has needed the object when it was found wanting. Confined to one thread.
 */
public final class Fsck {

    private final LogEnvironment environment;
    private final BucketNames names;
    private final IdentityCheck identity;
    private final Report report;
    private final PatientObjects objects;

    /** How it goes about orphans. Immutable. */
    public sealed interface Mode {
        /** Only looks. */
        record Check() implements Mode {}

        /**
         * Removes orphans.
         *
         * @param grace for how long garbage is kept while a broker lives
         */
        record Repair(Duration grace) implements Mode {}
    }

    public Fsck(LogEnvironment environment, Report report) {
        this.environment = environment;
        this.names = new BucketNames(environment.root());
        this.identity = new IdentityCheck(environment);
        this.report = report;
        this.objects = new PatientObjects(environment.objects(), environment.clock(), environment.random());
    }

    /** Returns how many problems there are. */
    public int run(Mode mode) throws InterruptedException {
        Optional<String> stranger = identity.problem();
        if (stranger.isPresent()) {
            report.problem(Problem.Kind.IDENTITY.word(), names.all(), stranger.get());
            report.summary(List.of(new Report.Total("problems", 1)), List.of(Advice.IDENTITY));
            return 1;
        }
        ClusterKeys keys = environment.keys();
        Snapshot seen = environment.metadata().range(keys.root());
        ClusterMetadata metadata = new ClusterMetadata(keys, seen.all());
        report.note("cluster " + identity.uuid() + ", objects below " + names.all() + ", metadata at revision "
                + seen.revision());
        Findings findings = new Findings();
        metadata.unreadable().forEach(findings::add);
        strayStates(metadata, findings);
        Orphans orphans = new Orphans(environment, names, report, repair(mode));
        SegmentPass segments = new SegmentPass(environment, objects, metadata, findings, orphans);
        Listed listed = list(metadata, segments, orphans);
        SharedPass shared = new SharedPass(environment, objects, metadata, findings);
        shared.run(listed.missing());
        orphans.judge();
        List<UploadInfo> uploads = uploads(mode, metadata);
        Premises premises = new Premises(environment.metadata(), keys);
        List<Problem> problems = findings.confirmed(premises);
        problems.forEach(problem -> report.problem(problem.kind().word(), problem.subject(), problem.detail()));
        List<Report.Total> totals = new ArrayList<>(shared.totals());
        totals.addAll(segments.totals());
        totals.add(new Report.Total("orphaned_objects", orphans.count()));
        totals.add(new Report.Total("orphaned_bytes", orphans.bytes()));
        totals.add(new Report.Total("removed_objects", orphans.removed()));
        totals.add(new Report.Total("unknown_names", listed.unknown()));
        totals.add(new Report.Total("unfinished_uploads", uploads.size()));
        totals.add(new Report.Total("problems", problems.size()));
        report.summary(
                totals, Advice.of(problems, orphans, mode, !metadata.brokers().isEmpty()));
        return problems.size();
    }

    private Optional<Orphans.Repair> repair(Mode mode) {
        return mode instanceof Mode.Repair(Duration grace)
                ? Optional.of(
                        new Orphans.Repair(this::requireIdentity, history().garbage(identity.uuid(), grace)))
                : Optional.empty();
    }

    private BucketHistory history() {
        return identity.history();
    }

    private void requireIdentity() {
        identity.problem().ifPresent(problem -> {
            throw new StorageException(StorageException.Kind.REFUSED, problem);
        });
    }

    private static void strayStates(ClusterMetadata metadata, Findings findings) {
        metadata.states().forEach((id, state) -> {
            boolean hasTopic = metadata.topic(id.topicId())
                    .filter(topic -> id.partition() < topic.getPartitions())
                    .isPresent();
            if (!hasTopic && metadata.unreadable().isEmpty()) {
                Problem problem = new Problem(Problem.Kind.STRAY_KEY, state.key(), "no topic has this partition");
                findings.add(new Finding(problem, List.of(Premises.unchanged(state))));
            }
        });
    }

    /**
     * What the listing showed. Immutable.
     *
     * @param missing what commit records name and was not listed
     */
    private record Listed(Set<String> missing, long unknown) {}

    private Listed list(ClusterMetadata metadata, SegmentPass segments, Orphans orphans) throws InterruptedException {
        Map<String, SharedObject> due = new HashMap<>();
        metadata.commits().forEach(commit -> due.put(commit.value().getKey(), commit.value()));
        Set<String> referenced = Set.copyOf(due.keySet());
        List<ObjectInfo> unknown = new ArrayList<>();
        new Listing(environment.objects(), names.all()).forEach(object -> {
            due.remove(object.key().value());
            switch (names.parse(object.key())) {
                case ObjectName.Shared shared -> {
                    if (!referenced.contains(object.key().value())) {
                        orphans.gather(object);
                    }
                }
                case ObjectName.Sealed part -> segments.take(object, part);
                case ObjectName.Backup backup -> {}
                case ObjectName.Furniture furniture -> {}
                case ObjectName.Unknown stranger -> {
                    unknown.add(object);
                    report.unknownName(object);
                }
            }
        });
        segments.finish();
        return new Listed(new HashSet<>(due.keySet()), unknown.size());
    }

    /** Uploads that nobody has finished; what is left behind is given up when nobody can be writing it. */
    private List<UploadInfo> uploads(Mode mode, ClusterMetadata metadata) {
        List<UploadInfo> uploads = environment
                .objects()
                .listUploads(names.all(), environment.clock().wallMillis());
        boolean nobody = metadata.brokers().isEmpty()
                && environment.metadata().range(environment.keys().brokers()).all().stream()
                        .map(KeyValue::key)
                        .findAny()
                        .isEmpty();
        if (mode instanceof Mode.Repair && nobody) {
            environment.objects().abortUploads(uploads);
        }
        return uploads;
    }
}
