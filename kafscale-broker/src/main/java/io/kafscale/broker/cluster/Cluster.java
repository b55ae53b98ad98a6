// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Signal;
import io.kafscale.proto.metadata.BrokerRegistration;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
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

    /** How long closing waits for what the broker is acquiring or recovering just then. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(2);

    private final Clock clock;
    private final ClusterEnvironment environment;
    private final ClusterSettings settings;
    private final Signal work = new Signal();
    private final Signal leaseNews = new Signal();
    private final Registration registration;
    private final Ownership ownership;
    private final TopicCatalog catalog;
    private final Membership membership;
    private final ProducerIds producerIds;
    private final Reconciler reconciler;
    private final ReentrantLock lock = new ReentrantLock();

    /** Why incarnations are to be given up: this one, or earlier ones whose end was noticed more than once. */
    @GuardedBy("lock")
    private final Map<Token, String> abdications = new HashMap<>();

    @GuardedBy("lock")
    private boolean registered;

    @GuardedBy("lock")
    private boolean reconciling;

    @GuardedBy("lock")
    private boolean closed;

    public Cluster(ClusterEnvironment environment, ClusterSettings settings, PartitionHost host) {
        this.clock = environment.clock();
        this.environment = environment;
        this.settings = settings;
        this.registration = new Registration(environment, settings);
        this.ownership = new Ownership(environment, registration, settings.brokerId(), work);
        this.catalog = new TopicCatalog(environment, work);
        this.membership = new Membership(environment, ownership);
        this.producerIds = new ProducerIds(environment);
        this.reconciler = new Reconciler(environment, catalog, ownership, host, work, this::abdicate);
    }

    /**
     * Registers this broker under the address that clients are told, and serves everything that is free.
     *
     * @throws ClusterStartException when the broker id is taken, or the cluster is of a newer format
     * @throws MetadataException when the store does not answer within the start-up time
     */
    public void start(BrokerNode self) throws InterruptedException {
        Deadline patience = Deadline.after(clock, settings.startupTimeout());
        Identity identity = established(patience);
        registerAtStart(self, patience);
        environment.threads().start("lease", () -> keepLease(self));
        membership.start(self, identity);
        catalog.start();
        ownership.start();
        boolean complete = reconciler.pass(identity.groupShards());
        startReconciling(identity.groupShards(), complete);
    }

    private void startReconciling(int groupShards, boolean complete) {
        lock.lock();
        try {
            reconciling = true;
        } finally {
            lock.unlock();
        }
        environment.threads().start("ownership", () -> reconciler.run(groupShards, complete));
    }

    private Identity established(Deadline patience) throws InterruptedException {
        while (true) {
            try {
                return Identity.establish(environment);
            } catch (MetadataException e) {
                pauseOrGiveUp(e, patience);
            }
        }
    }

    /** A holder that does not vanish for twice the time to live is alive, and is not disturbed. */
    private void registerAtStart(BrokerNode self, Deadline patience) throws InterruptedException {
        Deadline holderMustBeGone = Deadline.after(clock, settings.leaseTtl().plus(settings.leaseTtl()));
        while (true) {
            try {
                if (!(registration.register(self) instanceof Registration.Attempt.Taken taken)) {
                    begin();
                    return;
                }
                if (holderMustBeGone.passed(clock)) {
                    throw new ClusterStartException(taken(taken.holder()));
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

    private void begin() {
        lock.lock();
        try {
            registered = true;
        } finally {
            lock.unlock();
        }
        ownership.begin(registration.token());
        LOG.atInfo()
                .addKeyValue("incarnation", registration.token().incarnation())
                .log("broker is registered");
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
        }
    }

    /** A bug must not end the thread without which the broker loses everything. */
    private void lookAfterLease(BrokerNode self) throws InterruptedException {
        try {
            Optional<String> reason = takeAbdication();
            if (reason.isPresent()) {
                registration.revoke();
                renew(self, reason.get());
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
            try {
                switch (registration.register(self)) {
                    case Registration.Attempt.Registered won -> {
                        begin();
                        work.raise();
                        return;
                    }
                    case Registration.Attempt.Taken taken ->
                        LOG.atWarn()
                                .addKeyValue("holder", taken.holder().getIncarnation())
                                .log("broker id is taken");
                }
            } catch (MetadataException e) {
                LOG.atWarn().setCause(e).log("broker cannot register now; trying again");
            }
            leaseNews.await(clock, Deadline.after(clock, RETRY));
        }
    }

    /**
     * Gives up an incarnation, because the broker cannot tell any more what it has written, and begins another; nothing
     * happens when that is done already. Returns at once.
     */
    public void abdicate(Token token, String reason) {
        if (!token.equals(registration.token())) {
            return;
        }
        lock.lock();
        try {
            abdications.put(token, reason);
        } finally {
            lock.unlock();
        }
        registration.disown(token);
        leaseNews.raise();
    }

    /** Why the present incarnation is to be given up; what was said of earlier ones is settled. */
    private Optional<String> takeAbdication() {
        Token token = registration.token();
        lock.lock();
        try {
            Optional<String> reason = Optional.ofNullable(abdications.get(token));
            abdications.clear();
            return reason;
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
            if (isReconciling() && reconciler.stop(Deadline.after(clock, STOP_LIMIT))) {
                reconciler.releaseAll();
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
        membership.close();
        catalog.close();
        ownership.close();
    }
}
