// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.etcd.jetcd.api.AuthGrpc;
import io.etcd.jetcd.api.AuthenticateRequest;
import io.etcd.jetcd.api.AuthenticateResponse;
import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.MaintenanceGrpc;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.StatusRequest;
import io.etcd.jetcd.api.StatusResponse;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The members of one etcd cluster, of which one is spoken to at a time. A member that does not answer, or that lost its
 * leader, is left for the next in the list; that ends the calls and watches that still hang on it. A member is asked for
 * its cluster before anything else is said to it. Thread-safe; guarded by {@code lock}, under which nobody waits.
 */
final class EtcdConnection implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EtcdConnection.class);

    /** Answered by us on behalf of a member of a cluster that is not ours. */
    static final String OTHER_CLUSTER = "this is a member of another etcd cluster than the other endpoints";

    private final EtcdSettings settings;
    private final EtcdChannels channels;
    private final Clock clock;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private EtcdLine current;

    /** Empty while nobody has signed in; the text is empty when etcd asks nobody to. */
    @GuardedBy("lock")
    private Optional<String> token = Optional.empty();

    /** Etcd's own id of the cluster, once a member has told it. */
    @GuardedBy("lock")
    private OptionalLong clusterId = OptionalLong.empty();

    /** The line whose cluster has been looked at. */
    @GuardedBy("lock")
    private Optional<EtcdLine> known = Optional.empty();

    @GuardedBy("lock")
    private boolean closed;

    EtcdConnection(EtcdSettings settings, EtcdChannels channels, Clock clock) {
        this.settings = settings;
        this.channels = channels;
        this.clock = clock;
        this.current = line(0);
    }

    /** A line to one member, which the caller closes. */
    EtcdLine line(int index) {
        EtcdSettings.Endpoint endpoint = settings.endpoints().get(index);
        return new EtcdLine(index, endpoint, channels.open(endpoint));
    }

    /**
     * Asks until there is an answer, nothing more can be hoped for, or the time is over.
     *
     * @param memberLimit how long one member is waited for
     * @param repeatable false when a request that may have arrived must not be sent again
     */
    <Q, A> EtcdOutcome<A> ask(MethodDescriptor<Q, A> method, Q request, Duration memberLimit, boolean repeatable)
            throws InterruptedException {
        Deadline end = Deadline.after(clock, EtcdSettings.CALL_LIMIT);
        int attempts = settings.endpoints().size() + 1;
        while (true) {
            EtcdLine line = line();
            EtcdOutcome<A> outcome = attempt(line, method, request, sooner(memberLimit, end.left(clock)));
            attempts--;
            if (!(outcome instanceof EtcdOutcome.Failed<A>(EtcdFailure failure))) {
                return outcome;
            }
            recover(line, failure);
            boolean again = failure.mayPass() && (repeatable || failure.isDefinite());
            if (!again || attempts == 0 || end.passed(clock) || isClosed()) {
                return outcome;
            }
        }
    }

    private static Duration sooner(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private <Q, A> EtcdOutcome<A> attempt(EtcdLine line, MethodDescriptor<Q, A> method, Q request, Duration limit)
            throws InterruptedException {
        Optional<EtcdFailure> notReady = prepare(line, limit);
        if (notReady.isPresent()) {
            return new EtcdOutcome.Failed<>(notReady.get());
        }
        return EtcdCall.ask(line, method, request, token(), limit, clock);
    }

    /** Signs in where that is due, and makes sure of the member's cluster; empty when all is well. */
    Optional<EtcdFailure> prepare(EtcdLine line, Duration limit) throws InterruptedException {
        if (settings.login().isPresent() && token().isEmpty()) {
            Optional<EtcdFailure> failure = signIn(line, limit);
            if (failure.isPresent()) {
                return failure;
            }
        }
        return isKnown(line) ? Optional.empty() : identify(line, limit);
    }

    /** Asks a member how it is; a user who is not root may be denied that. */
    EtcdOutcome<StatusResponse> status(EtcdLine line, Duration limit) throws InterruptedException {
        StatusRequest request = StatusRequest.getDefaultInstance();
        return EtcdCall.ask(line, MaintenanceGrpc.getStatusMethod(), request, token(), limit, clock);
    }

    /** Has a member tell its cluster, beside the number of keys that any user of ours may read. */
    private Optional<EtcdFailure> identify(EtcdLine line, Duration limit) throws InterruptedException {
        RangeRequest request = RangeRequest.newBuilder()
                .setKey(EtcdMessages.start(settings.root()))
                .setRangeEnd(EtcdMessages.end(settings.root()))
                .setCountOnly(true)
                .setSerializable(true)
                .build();
        return switch (EtcdCall.ask(line, KVGrpc.getRangeMethod(), request, token(), limit, clock)) {
            case EtcdOutcome.Answered<RangeResponse>(RangeResponse answer)
            when admit(line, answer.getHeader().getClusterId()) -> Optional.empty();
            case EtcdOutcome.Answered<RangeResponse> answered ->
                Optional.of(new EtcdFailure(Status.UNAVAILABLE.withDescription(OTHER_CLUSTER), line.endpoint(), false));
            case EtcdOutcome.Failed<RangeResponse>(EtcdFailure failure) -> Optional.of(notSent(failure));
        };
    }

    private Optional<EtcdFailure> signIn(EtcdLine line, Duration limit) throws InterruptedException {
        EtcdSettings.Login login = settings.login().orElseThrow();
        EtcdOutcome<AuthenticateResponse> outcome = EtcdCall.ask(
                line,
                AuthGrpc.getAuthenticateMethod(),
                AuthenticateRequest.newBuilder()
                        .setName(login.user())
                        .setPassword(login.password())
                        .build(),
                Optional.empty(),
                limit,
                clock);
        return switch (outcome) {
            case EtcdOutcome.Answered<AuthenticateResponse>(AuthenticateResponse answer) -> {
                signedIn(answer.getToken());
                yield Optional.empty();
            }
            case EtcdOutcome.Failed<AuthenticateResponse>(EtcdFailure failure)
            when failure.isLoginOff() -> {
                LOG.atWarn().log("etcd asks nobody to sign in: user and password are not used");
                signedIn("");
                yield Optional.empty();
            }
            case EtcdOutcome.Failed<AuthenticateResponse>(EtcdFailure failure) -> Optional.of(notSent(failure));
        };
    }

    /** What went before the request failed, so that the request itself was not sent. */
    private static EtcdFailure notSent(EtcdFailure failure) {
        return new EtcdFailure(failure.status(), failure.endpoint(), false);
    }

    /** Draws the lesson from a failure for the calls to come. */
    void recover(EtcdLine line, EtcdFailure failure) {
        if (failure.wantsLogin()) {
            forgetToken();
        }
        if (failure.wantsAnother()) {
            leave(line);
        }
    }

    private void leave(EtcdLine line) {
        lock.lock();
        try {
            if (closed || !current.equals(line)) {
                return;
            }
            current = line((line.index() + 1) % settings.endpoints().size());
        } finally {
            lock.unlock();
        }
        line.channel().shutdownNow();
    }

    /** The member that is spoken to now. */
    EtcdLine line() {
        lock.lock();
        try {
            return current;
        } finally {
            lock.unlock();
        }
    }

    Optional<String> token() {
        lock.lock();
        try {
            return token;
        } finally {
            lock.unlock();
        }
    }

    private void signedIn(String newToken) {
        lock.lock();
        try {
            token = Optional.of(newToken);
        } finally {
            lock.unlock();
        }
    }

    /** The next call signs in again. */
    void forgetToken() {
        lock.lock();
        try {
            token = Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    private boolean isKnown(EtcdLine line) {
        lock.lock();
        try {
            return known.equals(Optional.of(line));
        } finally {
            lock.unlock();
        }
    }

    private boolean admit(EtcdLine line, long memberOf) {
        lock.lock();
        try {
            if (clusterId.isEmpty()) {
                clusterId = OptionalLong.of(memberOf);
            }
            boolean admitted = clusterId.getAsLong() == memberOf;
            if (admitted) {
                known = Optional.of(line);
            }
            return admitted;
        } finally {
            lock.unlock();
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Ends all calls. */
    @Override
    public void close() {
        EtcdLine last;
        lock.lock();
        try {
            closed = true;
            last = current;
        } finally {
            lock.unlock();
        }
        last.channel().shutdownNow();
    }
}
