// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.janitor.BucketHistory;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.storage.UploadInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
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
 *   7  repair                   if it is told to, and nothing is wrong
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
         * Removes orphans, unless something is wrong.
         *
         * @param grace for how long garbage is kept
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
        Orphans orphans = new Orphans(environment, names, report);
        SegmentPass segments = new SegmentPass(environment, objects, metadata, findings, orphans);
        long unknown = list(metadata, segments, orphans);
        SharedPass shared = new SharedPass(environment, objects, metadata, findings);
        shared.run();
        orphans.judge();
        List<UploadInfo> uploads = environment
                .objects()
                .listUploads(names.all(), environment.clock().wallMillis());
        List<Problem> problems = findings.confirmed(new Premises(environment.metadata(), keys));
        if (mode instanceof Mode.Repair(Duration grace) && problems.isEmpty()) {
            repair(orphans, grace);
        }
        problems.forEach(problem -> report.problem(problem.kind().word(), problem.subject(), problem.detail()));
        List<Report.Total> totals = new ArrayList<>(shared.totals());
        totals.addAll(segments.totals());
        totals.add(new Report.Total("orphaned_objects", orphans.count()));
        totals.add(new Report.Total("orphaned_bytes", orphans.bytes()));
        totals.add(new Report.Total("removed_objects", orphans.removed()));
        totals.add(new Report.Total("unknown_names", unknown));
        totals.add(new Report.Total("unfinished_uploads", uploads.size()));
        totals.add(new Report.Total("problems", problems.size()));
        report.summary(
                totals, Advice.of(problems, orphans, mode, !metadata.brokers().isEmpty()));
        return problems.size();
    }

    /** Whoever writes without a registration, on metadata that nobody knows of here, has the grace to be noticed. */
    private void repair(Orphans orphans, Duration grace) {
        BucketHistory history = identity.history();
        long oldMillis = history.nowMillis() - grace.toMillis();
        orphans.remove(new Orphans.Repair(this::requireIdentity, history.garbage(identity.uuid(), grace), oldMillis));
        boolean isNobodyThere =
                environment.metadata().range(environment.keys().brokers()).all().isEmpty();
        if (isNobodyThere) {
            environment.objects().abortUploads(environment.objects().listUploads(names.all(), oldMillis));
        }
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

    /** Returns how many names mean nothing. */
    private long list(ClusterMetadata metadata, SegmentPass segments, Orphans orphans) throws InterruptedException {
        Set<String> referenced = new HashSet<>();
        metadata.commits().forEach(commit -> referenced.add(commit.value().getKey()));
        List<ObjectInfo> unknown = new ArrayList<>();
        new Listing(environment.objects(), names.all()).forEach(object -> {
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
        return unknown.size();
    }
}
