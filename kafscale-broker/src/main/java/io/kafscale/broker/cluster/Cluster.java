// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import io.kafscale.broker.time.Signal;
import io.kafscale.proto.metadata.BrokerRegistration;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This broker's part in its cluster: registers, keeps its lease alive, and begins a new incarnation when it has lost it.
 * Its parts exist before it starts, so that handlers can be wired; they answer once {@link #start} has returned.
 * Thread-safe; guarded by {@code lock}.
 */
public final class Cluster implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Cluster.class);

    private static final Duration KEEP_ALIVE = Duration.ofSeconds(1);
    private static final Duration RETRY = Duration.ofMillis(200);

    /** How long closing waits for what the broker is acquiring, recovering or writing just then. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(1);

    /** How long closing waits for a registration that is under way. */
    private static final Duration LEASE_LIMIT = Duration.ofSeconds(1);

    private final Clock clock;
    private final ClusterEnvironment environment;
    private final ClusterSettings settings;
    private final ClusterGate gate;
    private final Signal work = new Signal();
    private final Signal leaseNews = new Signal();
    private final Registration registration;
    private final Ownership ownership;
    private final TopicCatalog catalog;
    private final Membership membership;
    private final ProducerIds producerIds;
    private final JanitorClaim janitorClaim;
    private final PartitionHost host;
    private final Reconciler reconciler;
    private final Pending<Boolean> leaseLeft = new Pending<>();
    private final ReentrantLock lock = new ReentrantLock();

    /** Which incarnation is to be given up, if one is. */
    @GuardedBy("lock")
    private Optional<Abdication> abdication = Optional.empty();

    @GuardedBy("lock")
    private boolean registered;

    @GuardedBy("lock")
    private boolean keepingLease;

    @GuardedBy("lock")
    private boolean reconciling;

    @GuardedBy("lock")
    private boolean closed;

    /** An incarnation that is to be given up. Immutable. */
    private record Abdication(Token token, String reason) {}

    /**
     * A broker's part that has not started.
     *
     * @param gate asked before each registration
     * @param host makes the host of what this broker owns, which may look topics up once the cluster has started
     */
    public Cluster(
            ClusterEnvironment environment,
            ClusterSettings settings,
            ClusterGate gate,
            Function<TopicCatalog, PartitionHost> host) {
        this.clock = environment.clock();
        this.environment = environment;
        this.settings = settings;
        this.gate = gate;
        this.registration = new Registration(environment, settings);
        this.ownership = new Ownership(environment, registration, settings.brokerId(), work);
        this.catalog = new TopicCatalog(environment, work);
        this.membership = new Membership(environment, ownership);
        this.producerIds = new ProducerIds(environment);
        this.janitorClaim = new OwnerKeyClaim(environment, ownership);
        this.host = host.apply(catalog);
        this.reconciler = new Reconciler(environment, catalog, ownership, this.host, work, this::abdicate);
    }

    /**
     * Registers this broker under the address that clients are told, and serves everything that is free.
     *
     * @throws ClusterStartException when the broker id is taken, or the stores are not those of this cluster
     * @throws MetadataException when the metadata store does not answer within the start-up time; what the gate gives as
     *     its reason when that does not answer
     */
    public void start(BrokerNode self) throws InterruptedException {
        Deadline patience = Deadline.after(clock, settings.startupTimeout());
        Identity identity = admitted(patience);
        registerAtStart(self, patience);
        startKeepingLease(self);
        membership.start(self, identity);
        catalog.start();
        ownership.start();
        startReconciling(identity.groupShards(), reconciler.pass(identity.groupShards()));
    }

    private void startKeepingLease(BrokerNode self) {
        lock.lock();
        try {
            keepingLease = true;
        } finally {
            lock.unlock();
        }
        environment.threads().start("lease", () -> keepLease(self));
    }

    private void startReconciling(int groupShards, Deadline nextPass) {
        lock.lock();
        try {
            reconciling = true;
        } finally {
            lock.unlock();
        }
        environment.threads().start("ownership", () -> reconciler.run(groupShards, nextPass));
    }

    private Identity admitted(Deadline patience) throws InterruptedException {
        while (true) {
            switch (gate.ask()) {
                case ClusterGate.Verdict.Open(Identity identity) -> {
                    return identity;
                }
                case ClusterGate.Verdict.Shut(String reason) -> throw new ClusterStartException(reason);
                case ClusterGate.Verdict.Unclear(RuntimeException cause, boolean mayPass) -> {
                    if (!mayPass || patience.passed(clock)) {
                        throw cause;
                    }
                    LOG.atWarn().setCause(cause).log("stores do not say whose they are; asking again");
                    clock.sleep(RETRY);
                }
            }
        }
    }

    /** A holder that does not vanish for twice the time to live is alive, and is not disturbed. */
    private void registerAtStart(BrokerNode self, Deadline patience) throws InterruptedException {
        Deadline holderMustBeGone = Deadline.after(clock, settings.leaseTtl().plus(settings.leaseTtl()));
        boolean prepared = false;
        while (true) {
            try {
                if (!(registration.register(self) instanceof Registration.Attempt.Taken taken)) {
                    if (!begin()) {
                        throw new ClusterStartException("the broker was closed while it started");
                    }
                    return;
                }
                if (holderMustBeGone.passed(clock)) {
                    throw new ClusterStartException(taken(taken.holder()));
                }
                if (!prepared) {
                    environment.threads().start("prepare", host::prepare);
                    prepared = true;
                }
                clock.sleep(RETRY);
            } catch (MetadataException e) {
                pauseOrGiveUp(e, patience);
            }
        }
    }

    private static String taken(BrokerRegistration holder) {
        return "broker id " + holder.getBrokerId() + " is in use by the broker at " + holder.getHost() + ":"
                + holder.getPort() + " (incarnation " + holder.getIncarnation()
                + "): two brokers of a cluster cannot have the same id";
    }

    private void pauseOrGiveUp(MetadataException failure, Deadline patience) throws InterruptedException {
        if (failure.kind() != MetadataException.Kind.UNAVAILABLE || patience.passed(clock)) {
            throw failure;
        }
        LOG.atWarn().setCause(failure).log("metadata store does not answer; trying again");
        clock.sleep(RETRY);
    }

    /** False when the broker has been closed meanwhile: the new lease is ended here, for nobody else knows of it. */
    private boolean begin() {
        boolean late;
        lock.lock();
        try {
            late = closed;
            registered = true;
        } finally {
            lock.unlock();
        }
        if (late) {
            registration.revoke();
            return false;
        }
        ownership.begin(registration.token());
        LOG.atInfo()
                .addKeyValue("incarnation", registration.token().incarnation())
                .log("broker is registered");
        return true;
    }

    private void keepLease(BrokerNode self) {
        try {
            while (!isClosed()) {
                leaseNews.await(clock, Deadline.after(clock, keepAlivePeriod()));
                if (!isClosed()) {
                    lookAfterLease(self);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            leaseLeft.complete(true);
        }
    }

    /** A bug must not end the thread without which the broker loses everything. */
    private void lookAfterLease(BrokerNode self) throws InterruptedException {
        try {
            Optional<Abdication> mine = takeAbdication();
            if (mine.isPresent()) {
                registration.revoke();
                renew(self, mine.get().reason());
            } else if (!registration.keepAlive()) {
                renew(self, "the lease was lost");
            }
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("lease not looked after because of a bug");
        }
    }

    /** A second, or less for a lease so short that a lost answer would end it. */
    private Duration keepAlivePeriod() {
        Duration quarter = settings.leaseTtl().dividedBy(4);
        return quarter.compareTo(KEEP_ALIVE) < 0 ? quarter : KEEP_ALIVE;
    }

    /** Drops everything at once, then registers again, for as long as it takes. */
    private void renew(BrokerNode self, String reason) throws InterruptedException {
        LOG.atWarn().addKeyValue("reason", reason).log("broker gives up its incarnation");
        ownership.lose();
        while (!isClosed()) {
            switch (gate.ask()) {
                case ClusterGate.Verdict.Open open -> {
                    if (registeredAgain(self)) {
                        return;
                    }
                }
                case ClusterGate.Verdict.Shut(String why) -> {
                    gate.condemn(why);
                    leaseNews.await(clock, Deadline.NEVER);
                }
                case ClusterGate.Verdict.Unclear(RuntimeException cause, boolean mayPass) ->
                    LOG.atWarn().setCause(cause).log("stores do not say whose they are; asking again");
            }
            leaseNews.await(clock, Deadline.after(clock, RETRY));
        }
    }

    private boolean registeredAgain(BrokerNode self) {
        try {
            switch (registration.register(self)) {
                case Registration.Attempt.Registered won -> {
                    if (begin()) {
                        work.raise();
                    }
                    return true;
                }
                case Registration.Attempt.Taken taken ->
                    LOG.atWarn()
                            .addKeyValue("holder", taken.holder().getIncarnation())
                            .log("broker id is taken");
            }
        } catch (MetadataException e) {
            LOG.atWarn().setCause(e).log("broker cannot register now; trying again");
        }
        return false;
    }

    /**
     * Gives up an incarnation, because the broker cannot tell any more what it has written, and begins another; nothing
     * happens when that is done already. Returns at once.
     */
    public void abdicate(Token token, String reason) {
        if (!registration.disown(token)) {
            return;
        }
        lock.lock();
        try {
            abdication = Optional.of(new Abdication(token, reason));
        } finally {
            lock.unlock();
        }
        leaseNews.raise();
    }

    /** That of the incarnation that is registered now; of an earlier one nothing is left to give up. */
    private Optional<Abdication> takeAbdication() {
        Token newest = registration.token();
        lock.lock();
        try {
            Optional<Abdication> taken = abdication;
            abdication = Optional.empty();
            return taken.filter(asked -> asked.token().equals(newest));
        } finally {
            lock.unlock();
        }
    }

    public TopicCatalog catalog() {
        return catalog;
    }

    public Ownership ownership() {
        return ownership;
    }

    public Membership membership() {
        return membership;
    }

    public ProducerIds producerIds() {
        return producerIds;
    }

    public JanitorClaim janitorClaim() {
        return janitorClaim;
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Has the host decide and release everything, then revokes the lease, with which all owner keys vanish at once. */
    @Override
    public void close() {
        try {
            Deadline limit = Deadline.after(clock, STOP_LIMIT);
            if (isReconciling() && reconciler.stop(limit)) {
                reconciler.releaseAll(limit);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            end();
        }
    }

    private boolean isReconciling() {
        lock.lock();
        try {
            return reconciling;
        } finally {
            lock.unlock();
        }
    }

    private void end() {
        boolean mustRevoke;
        lock.lock();
        try {
            mustRevoke = registered && !closed;
            closed = true;
        } finally {
            lock.unlock();
        }
        leaseNews.raise();
        if (mustRevoke) {
            ownership.lose();
            registration.revoke();
        }
        awaitLeaseLeft();
        membership.close();
        catalog.close();
        ownership.close();
    }

    /** The thread may be about to register again, and must end that lease while there is still a store. */
    private void awaitLeaseLeft() {
        lock.lock();
        try {
            if (!keepingLease) {
                return;
            }
        } finally {
            lock.unlock();
        }
        try {
            if (leaseLeft.await(clock, Deadline.after(clock, LEASE_LIMIT)).isEmpty()) {
                LOG.atWarn().log("a lease may outlive the broker until its time is over");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
