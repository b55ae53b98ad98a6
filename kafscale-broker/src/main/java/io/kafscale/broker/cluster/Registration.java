// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.Lease;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.metadata.TransactionRunner;
import io.kafscale.proto.metadata.BrokerRegistration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This broker's entry in the list of brokers: its lease, its token, and how sure it may be that it still holds them.
 * Registering is up to one thread at a time; everything else is thread-safe; guarded by {@code lock}, which is never held
 * while the store is asked.
 */
final class Registration {

    private static final Logger LOG = LoggerFactory.getLogger(Registration.class);

    /** Share of the time to live, in percent, within which a confirmed lease cannot have ended. */
    private static final int CERTAIN_PERCENT = 60;

    private final ClusterEnvironment environment;
    private final ClusterSettings settings;
    private final long certainNanos;
    private final TransactionRunner transactions;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private Optional<Token> newest = Optional.empty();

    @GuardedBy("lock")
    private boolean held;

    @GuardedBy("lock")
    private long confirmedAtNanos;

    /** How an attempt to register ended. */
    sealed interface Attempt {
        record Registered(Token token) implements Attempt {}

        record Taken(BrokerRegistration holder) implements Attempt {}
    }

    Registration(ClusterEnvironment environment, ClusterSettings settings) {
        this.environment = environment;
        this.settings = settings;
        this.certainNanos = settings.leaseTtl().toNanos() / 100 * CERTAIN_PERCENT;
        this.transactions = environment.transactions();
    }

    /**
     * Registers under a new name, unless somebody is registered under the same id; that entry is never overwritten.
     *
     * @throws MetadataException when the store does not answer
     */
    Attempt register(BrokerNode self) {
        Optional<BrokerRegistration> holder = holder();
        if (holder.isPresent()) {
            return new Attempt.Taken(holder.get());
        }
        long askedAtNanos = environment.clock().monotonicNanos();
        Lease lease = environment.store().grantLease(settings.leaseTtl());
        BrokerRegistration registration = describe(self);
        TransactionResult result = transactions.run(
                Transaction.when(Compare.absent(key()))
                        .put(key(), registration.toByteString(), lease)
                        .build(),
                () -> createdAs(registration.getIncarnation()));
        return switch (result) {
            case TransactionResult.Applied applied -> {
                Token token =
                        new Token(settings.brokerId(), registration.getIncarnation(), key(), applied.revision(), lease);
                hold(token, askedAtNanos);
                yield new Attempt.Registered(token);
            }
            case TransactionResult.Refused refused -> {
                environment.store().revoke(lease);
                yield new Attempt.Taken(holder().orElseGet(BrokerRegistration::getDefaultInstance));
            }
            case TransactionResult.Unknown unknown -> {
                environment.store().revoke(lease);
                throw unknown.cause();
            }
        };
    }

    private String key() {
        return environment.keys().broker(settings.brokerId());
    }

    private BrokerRegistration describe(BrokerNode self) {
        String chance = HexFormat.of().toHexDigits(environment.random().nextLong());
        return BrokerRegistration.newBuilder()
                .setBrokerId(self.id())
                .setIncarnation(self.id() + "-" + chance)
                .setHost(self.host())
                .setPort(self.port())
                .setRack(self.rack().orElse(""))
                .setReady(true)
                .build();
    }

    private Optional<KeyValue> entry() {
        return environment.store().get(List.of(key())).find(key());
    }

    private Optional<BrokerRegistration> holder() {
        return entry().map(Registration::read);
    }

    private OptionalLong createdAs(String incarnation) {
        return entry().filter(entry -> read(entry).getIncarnation().equals(incarnation))
                .map(entry -> OptionalLong.of(entry.createRevision()))
                .orElseGet(OptionalLong::empty);
    }

    private static BrokerRegistration read(KeyValue entry) {
        try {
            return BrokerRegistration.parseFrom(entry.value());
        } catch (InvalidProtocolBufferException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "key " + entry.key() + " cannot be read", e);
        }
    }

    private void hold(Token token, long askedAtNanos) {
        lock.lock();
        try {
            newest = Optional.of(token);
            held = true;
            confirmedAtNanos = askedAtNanos;
        } finally {
            lock.unlock();
        }
    }

    /** The newest token, which may be lost already. */
    Token token() {
        lock.lock();
        try {
            return newest.orElseThrow(() -> new IllegalStateException("the broker has never been registered"));
        } finally {
            lock.unlock();
        }
    }

    /** Keeps the lease alive; false when it is certain that it is lost. A store that does not answer decides nothing. */
    boolean keepAlive() {
        long askedAtNanos = environment.clock().monotonicNanos();
        try {
            boolean alive = environment.store().keepAlive(token().lease());
            confirm(alive, askedAtNanos);
            return alive;
        } catch (MetadataException e) {
            LOG.atWarn().setCause(e).log("lease cannot be kept alive now");
            return true;
        }
    }

    private void confirm(boolean alive, long askedAtNanos) {
        lock.lock();
        try {
            held = held && alive;
            if (alive) {
                confirmedAtNanos = askedAtNanos;
            }
        } finally {
            lock.unlock();
        }
    }

    /** True while nobody else can possibly own what this broker owns. */
    boolean isCertain() {
        lock.lock();
        try {
            return held && environment.clock().monotonicNanos() - confirmedAtNanos <= certainNanos;
        } finally {
            lock.unlock();
        }
    }

    /** Believes no more in a token, whatever the store says; false when it is not the newest. */
    boolean disown(Token token) {
        lock.lock();
        try {
            boolean isNewest = newest.equals(Optional.of(token));
            held = held && !isNewest;
            return isNewest;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the lease and everything that hangs on it; if the store does not answer, it ends by itself. */
    void revoke() {
        Token token = token();
        disown(token);
        try {
            environment.store().revoke(token.lease());
        } catch (MetadataException e) {
            LOG.atWarn().setCause(e).log("lease cannot be revoked; it ends by itself");
        }
    }
}
