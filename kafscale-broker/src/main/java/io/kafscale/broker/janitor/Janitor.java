// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import io.kafscale.broker.cluster.ClusterGate.Verdict;
import io.kafscale.broker.cluster.Identity;
import io.kafscale.broker.cluster.JanitorClaim;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.storage.UploadInfo;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks every minute whether the stores are still those of the cluster and none was restored to an older state, and deletes
 * from time to time what nobody refers to. One broker, which has the claim, also raises the counter and tidies up for all; the
 * others look, and delete what they themselves have written. Its own thread does everything.
 *
 * <pre>
 *   garbage   older than a reference snapshot that is past the grace and does not name it,
 *             named neither by a recent snapshot nor by the metadata when it was read behind the listing
 * </pre>
 */
public final class Janitor implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Janitor.class);

    /** How long closing waits for a sweep to come to its next step. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(1);

    private final JanitorEnvironment environment;
    private final JanitorSettings settings;
    private final StoreGate gate;
    private final JanitorClaim claim;
    private final Chore chore;
    private final RootNames names;
    private final UnknownNames unknown = new UnknownNames();
    private final Snapshots snapshots;
    private final SharedSweep sharedSweep;
    private final SegmentSweep segmentSweep;
    private final Pending<Boolean> stopping = new Pending<>();
    private final Pending<Boolean> ended = new Pending<>();

    /** What else is to be done for all brokers by one of them, after each look; may be a backup. */
    @FunctionalInterface
    public interface Chore {
        void run() throws InterruptedException;
    }

    public Janitor(
            JanitorEnvironment environment, JanitorSettings settings, StoreGate gate, JanitorClaim claim, Chore chore) {
        this.environment = environment;
        this.settings = settings;
        this.gate = gate;
        this.claim = claim;
        this.chore = chore;
        this.names = new RootNames(environment.root());
        this.snapshots = new Snapshots(environment, names, settings);
        this.sharedSweep = new SharedSweep(environment, names, unknown);
        this.segmentSweep = new SegmentSweep(environment, names, unknown);
    }

    /** Begins; brokers that start together do not sweep together. */
    public void start() {
        environment.threads().start("janitor", this::run);
    }

    private void run() {
        try {
            Deadline nextLook = Deadline.after(environment.clock(), chance(settings.counterInterval()));
            Deadline nextSweep = Deadline.after(environment.clock(), chance(settings.sweepInterval()));
            while (stopping.await(environment.clock(), nextLook.orSooner(nextSweep))
                    .isEmpty()) {
                if (nextLook.passed(environment.clock())) {
                    tried("look", this::look);
                    nextLook = Deadline.after(environment.clock(), settings.counterInterval());
                }
                if (nextSweep.passed(environment.clock())) {
                    tried("sweep", this::sweep);
                    nextSweep = Deadline.after(environment.clock(), settings.sweepInterval());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended.complete(true);
        }
    }

    private Duration chance(Duration longest) {
        return Duration.ofNanos(environment.random().nextLong(longest.toNanos()));
    }

    /** Neither a store that does not answer nor a bug keeps other steps from being done. */
    private void tried(String step, Runnable body) {
        if (stopping.poll().isPresent()) {
            return;
        }
        try {
            body.run();
        } catch (RefusedException e) {
            gate.condemn(String.valueOf(e.getMessage()));
        } catch (MetadataException | StorageException e) {
            LOG.atWarn()
                    .setCause(e)
                    .addKeyValue("step", step)
                    .log("janitor cannot do its work now; trying again later");
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).addKeyValue("step", step).log("janitor's work not done because of a bug");
        }
    }

    /** Compares the stores, and raises the counter on behalf of all. */
    void look() {
        boolean forAll = claim.take();
        opened(forAll ? gate.ask() : gate.look());
        if (forAll) {
            tried("chore", this::doChore);
        }
    }

    private void doChore() {
        try {
            chore.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Identity opened(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Open(Identity identity) -> identity;
            case Verdict.Shut(String reason) -> throw new RefusedException(reason);
            case Verdict.Unclear(RuntimeException cause, boolean mayPass) -> throw cause;
        };
    }

    /** Deletes what may be deleted now. */
    void sweep() {
        boolean forAll = claim.take();
        Optional<String> own = claim.incarnation();
        String uuid = opened(gate.look()).uuid();
        if (own.isEmpty()) {
            return;
        }
        // the bucket's own time, or a little before it
        long nowMillis = gate.counter().check().storedMillis();
        List<ObjectInfo> listed = snapshots.list();
        if (forAll && snapshots.isDue(listed, nowMillis)) {
            tried(
                    "reference snapshot",
                    () -> snapshots.take(uuid, gate.counter().raise()));
        }
        snapshots.basis(uuid, listed, nowMillis).ifPresent(basis -> {
            tried("own shared objects", () -> sharedSweep.sweepOwn(basis, own.get(), settings.pages()));
            if (forAll) {
                tried("shared objects", () -> sharedSweep.sweepDead(basis, own.get(), settings.pages()));
                tried("segments", () -> segmentSweep.sweep(basis, settings.pages()));
            }
        });
        if (forAll) {
            tried("uploads", () -> abortUploads(nowMillis));
            tried("reference snapshots", () -> snapshots.prune(listed, nowMillis));
        }
    }

    private void abortUploads(long nowMillis) {
        List<UploadInfo> left =
                environment
                        .objects()
                        .listUploads(names.all(), nowMillis - settings.grace().toMillis())
                        .stream()
                        .filter(upload -> upload.key().value().startsWith(names.all()))
                        .toList();
        if (!left.isEmpty()) {
            environment.objects().abortUploads(left);
        }
    }

    /** How many objects with unknown names it has come across. */
    int unknownNames() {
        return unknown.count();
    }

    @Override
    public void close() {
        stopping.complete(true);
        try {
            ended.await(environment.clock(), Deadline.after(environment.clock(), STOP_LIMIT));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
