// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.LeaseGrantRequest;
import io.etcd.jetcd.api.LeaseGrantResponse;
import io.etcd.jetcd.api.LeaseGrpc;
import io.etcd.jetcd.api.LeaseKeepAliveRequest;
import io.etcd.jetcd.api.LeaseKeepAliveResponse;
import io.etcd.jetcd.api.LeaseRevokeRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.MethodDescriptor;
import io.kafscale.broker.metadata.MetadataException.Kind;
import io.kafscale.broker.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Metadata in etcd, spoken to through the messages and stubs that jetcd generates. What only reads, and what grants, keeps
 * or ends a lease, is asked again when the answer is lost; a transaction is not, once it may have arrived. Every call ends
 * within five seconds. Etcd's revision is that of all its users: it may grow between two of our transactions.
 * Thread-safe.
 */
public final class EtcdMetadataStore implements MetadataStore {

    /** Keys of one page of a range. */
    static final int PAGE = 1000;

    /** So often a read begins again whose revision was compacted while its pages were fetched. */
    private static final int READS = 5;

    /** A lease is asked for at other members while most of its time is still ahead. */
    private static final int KEEP_ALIVE_SHARE = 4;

    private final EtcdSettings settings;
    private final EtcdConnection connection;
    private final Clock clock;
    private final Set<EtcdWatch> watches = ConcurrentHashMap.newKeySet();

    /** Set once, by whoever closes; read by every call. */
    private volatile boolean closed;

    private EtcdMetadataStore(EtcdSettings settings, EtcdConnection connection, Clock clock) {
        this.settings = settings;
        this.connection = connection;
        this.clock = clock;
    }

    /**
     * Connects, and looks at whether this etcd can be used.
     *
     * @param patience how long to wait for an etcd that does not answer
     * @throws EtcdStartException when it cannot be used
     */
    public static EtcdMetadataStore open(EtcdSettings settings, Duration patience, Clock clock)
            throws InterruptedException {
        EtcdConnection connection = new EtcdConnection(settings, EtcdChannels.of(settings), clock);
        boolean usable = false;
        try {
            new EtcdCheck(settings, connection, clock).run(patience);
            usable = true;
        } finally {
            if (!usable) {
                connection.close();
            }
        }
        return new EtcdMetadataStore(settings, connection, clock);
    }

    // Reading

    @Override
    public Snapshot get(Collection<String> keys) {
        TransactionRules.checkNames(keys);
        List<String> wanted = List.copyOf(new TreeSet<>(keys.isEmpty() ? List.of(probe()) : keys));
        return read(revision -> {
            TreeMap<String, KeyValue> found = new TreeMap<>();
            TxnResponse answer = answer(KVGrpc.getTxnMethod(), reads(wanted, revision));
            if (!keys.isEmpty()) {
                answer.getResponsesList().forEach(part -> add(part.getResponseRange(), found));
            }
            long seen = revision == 0 ? answer.getHeader().getRevision() : revision;
            return new Snapshot(seen, List.copyOf(found.values()));
        });
    }

    private String probe() {
        return settings.root() + "cluster";
    }

    private static TxnRequest reads(List<String> keys, long revision) {
        TxnRequest.Builder request = TxnRequest.newBuilder();
        for (String key : keys) {
            request.addSuccess(RequestOp.newBuilder()
                    .setRequestRange(RangeRequest.newBuilder()
                            .setKey(EtcdMessages.bytes(key))
                            .setRevision(revision)));
        }
        return request.build();
    }

    @Override
    public Snapshot range(String prefix) {
        return read(ignored -> {
            TreeMap<String, KeyValue> found = new TreeMap<>();
            ByteString from = EtcdMessages.start(prefix);
            long revision = 0;
            while (true) {
                RangeResponse page = answer(
                        KVGrpc.getRangeMethod(),
                        RangeRequest.newBuilder()
                                .setKey(from)
                                .setRangeEnd(EtcdMessages.end(prefix))
                                .setLimit(PAGE)
                                .setRevision(revision)
                                .build());
                revision = revision == 0 ? page.getHeader().getRevision() : revision;
                add(page, found);
                if (!page.getMore()) {
                    return new Snapshot(revision, List.copyOf(found.values()));
                }
                from = EtcdMessages.after(page.getKvs(page.getKvsCount() - 1).getKey());
            }
        });
    }

    private static void add(RangeResponse page, Map<String, KeyValue> found) {
        page.getKvsList().stream().map(EtcdMessages::entry).forEach(entry -> found.put(entry.key(), entry));
    }

    /** Reads in several steps at the revision of the first. */
    @FunctionalInterface
    private interface Steps {
        Snapshot readAt(long revision) throws CompactedException;
    }

    /** The revision that is being read has been compacted. */
    private static final class CompactedException extends Exception {
        private static final long serialVersionUID = 1L;
    }

    private Snapshot read(Steps steps) {
        for (int attempt = 0; attempt < READS; attempt++) {
            try {
                return steps.readAt(0);
            } catch (CompactedException e) {
                // from the start, at a newer revision
            }
        }
        throw new MetadataException(Kind.UNAVAILABLE, "etcd is compacted faster than it can be read");
    }

    private <Q, A> A answer(MethodDescriptor<Q, A> method, Q request) throws CompactedException {
        return switch (ask(method, request, settings.memberLimit())) {
            case EtcdOutcome.Answered<A>(A answer) -> answer;
            case EtcdOutcome.Failed<A>(EtcdFailure failure)
            when failure.isCompacted() -> throw new CompactedException();
            case EtcdOutcome.Failed<A>(EtcdFailure failure) -> throw failed(failure);
        };
    }

    private <Q, A> EtcdOutcome<A> ask(MethodDescriptor<Q, A> method, Q request, Duration memberLimit) {
        checkCallable();
        try {
            return connection.ask(method, request, memberLimit, true);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static MetadataException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new MetadataException(Kind.INTERRUPTED, "interrupted", cause);
    }

    private MetadataException failed(EtcdFailure failure) {
        checkOpen();
        return failure.toException();
    }

    // Writing

    @Override
    public TransactionResult commit(Transaction transaction) {
        TransactionRules.check(transaction);
        checkCallable();
        TxnRequest request = EtcdMessages.transaction(transaction, probe());
        EtcdOutcome<TxnResponse> outcome;
        try {
            outcome = connection.ask(KVGrpc.getTxnMethod(), request, settings.memberLimit(), false);
        } catch (InterruptedException e) {
            return new TransactionResult.Unknown(interrupted(e));
        }
        return switch (outcome) {
            case EtcdOutcome.Answered<TxnResponse>(TxnResponse answer) -> {
                long revision = answer.getHeader().getRevision();
                yield answer.getSucceeded()
                        ? new TransactionResult.Applied(revision)
                        : new TransactionResult.Refused(revision);
            }
            case EtcdOutcome.Failed<TxnResponse>(EtcdFailure failure)
            when failure.isDefinite() -> throw failed(failure);
            case EtcdOutcome.Failed<TxnResponse>(EtcdFailure failure) ->
                new TransactionResult.Unknown(failure.toException());
        };
    }

    // Leases

    @Override
    public Lease grantLease(Duration timeToLive) {
        if (!timeToLive.isPositive()) {
            throw new IllegalArgumentException("a lease of " + timeToLive);
        }
        long seconds = timeToLive.plusSeconds(1).minusNanos(1).toSeconds();
        LeaseGrantRequest request =
                LeaseGrantRequest.newBuilder().setTTL(seconds).build();
        return switch (ask(LeaseGrpc.getLeaseGrantMethod(), request, settings.memberLimit())) {
            case EtcdOutcome.Answered<LeaseGrantResponse>(LeaseGrantResponse answer) ->
                new Lease(answer.getID(), Duration.ofSeconds(answer.getTTL()));
            case EtcdOutcome.Failed<LeaseGrantResponse>(EtcdFailure failure) -> throw failed(failure);
        };
    }

    @Override
    public boolean keepAlive(Lease lease) {
        Duration share = lease.timeToLive().dividedBy(KEEP_ALIVE_SHARE);
        Duration limit = share.compareTo(settings.memberLimit()) < 0 ? share : settings.memberLimit();
        LeaseKeepAliveRequest request =
                LeaseKeepAliveRequest.newBuilder().setID(lease.id()).build();
        return switch (ask(LeaseGrpc.getLeaseKeepAliveMethod(), request, limit)) {
            case EtcdOutcome.Answered<LeaseKeepAliveResponse>(LeaseKeepAliveResponse answer) -> answer.getTTL() > 0;
            case EtcdOutcome.Failed<LeaseKeepAliveResponse>(EtcdFailure failure)
            when failure.isLeaseNotFound() -> false;
            case EtcdOutcome.Failed<LeaseKeepAliveResponse>(EtcdFailure failure) -> throw failed(failure);
        };
    }

    @Override
    public void revoke(Lease lease) {
        LeaseRevokeRequest request =
                LeaseRevokeRequest.newBuilder().setID(lease.id()).build();
        if (ask(LeaseGrpc.getLeaseRevokeMethod(), request, settings.memberLimit())
                        instanceof EtcdOutcome.Failed<?>(EtcdFailure failure)
                && !failure.isLeaseNotFound()) {
            throw failed(failure);
        }
    }

    // Watches

    @Override
    public Watch watch(String prefix, long fromRevision) {
        if (fromRevision < 1) {
            throw new IllegalArgumentException("watch from revision " + fromRevision);
        }
        checkCallable();
        EtcdWatch watch = new EtcdWatch(connection, clock, prefix, fromRevision, watches::remove);
        watches.add(watch);
        if (closed) {
            watch.close();
        }
        return watch;
    }

    private void checkCallable() {
        checkOpen();
        if (Thread.currentThread().isInterrupted()) {
            throw new MetadataException(Kind.INTERRUPTED, "interrupted");
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new MetadataException(Kind.REFUSED, "the metadata store is closed");
        }
    }

    @Override
    public void close() {
        closed = true;
        watches.forEach(EtcdWatch::close);
        connection.close();
    }
}
