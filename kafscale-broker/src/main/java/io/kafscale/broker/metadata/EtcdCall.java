// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One request to etcd and its answer: the place where gRPC's callbacks, which never block, become something to wait for.
 * It also watches whether the request ever got to a connection, since only that tells "not done" from "unknown".
 * Thread-safe.
 */
final class EtcdCall<A> extends ClientCall.Listener<A> {

    private static final Metadata.Key<String> TOKEN = Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> HAS_LEADER =
            Metadata.Key.of("hasleader", Metadata.ASCII_STRING_MARSHALLER);

    /** Beyond the deadline that gRPC keeps itself; comes into play only when gRPC does not. */
    private static final Duration SLACK = Duration.ofSeconds(1);

    private final EtcdSettings.Endpoint endpoint;
    private final AtomicBoolean sent = new AtomicBoolean();
    private final Pending<EtcdOutcome<A>> outcome = new Pending<>();

    /** Written and read by gRPC's thread alone, which need not be the same one each time. */
    private volatile Optional<A> message = Optional.empty();

    private EtcdCall(EtcdSettings.Endpoint endpoint) {
        this.endpoint = endpoint;
    }

    /**
     * Sends a request and waits for its one answer.
     *
     * @throws InterruptedException with the request cancelled, which may have arrived all the same
     */
    static <Q, A> EtcdOutcome<A> ask(
            EtcdLine line,
            MethodDescriptor<Q, A> method,
            Q request,
            Optional<String> token,
            Duration limit,
            Clock clock)
            throws InterruptedException {
        EtcdCall<A> listener = new EtcdCall<>(line.endpoint());
        ClientCall<Q, A> call = line.channel()
                .newCall(
                        method,
                        CallOptions.DEFAULT.withDeadlineAfter(limit).withStreamTracerFactory(listener.tracer()));
        call.start(listener, headers(token));
        call.sendMessage(request);
        call.halfClose();
        call.request(2);
        try {
            return listener.outcome
                    .await(clock, Deadline.after(clock, limit.plus(SLACK)))
                    .orElseGet(listener::givenUp);
        } finally {
            if (listener.outcome.poll().isEmpty()) {
                call.cancel("nobody waits any more", null);
            }
        }
    }

    /** A token where there is one; and a member that has lost its leader shall say so rather than keep us waiting. */
    static Metadata headers(Optional<String> token) {
        Metadata headers = new Metadata();
        headers.put(HAS_LEADER, "true");
        token.filter(text -> !text.isEmpty()).ifPresent(text -> headers.put(TOKEN, text));
        return headers;
    }

    /** Notes that a stream was opened on a connection; before that nothing can have been sent. */
    private ClientStreamTracer.Factory tracer() {
        return new ClientStreamTracer.Factory() {
            @Override
            public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
                return new ClientStreamTracer() {
                    @Override
                    public void streamCreated(Attributes transport, Metadata streamHeaders) {
                        sent.set(true);
                    }
                };
            }
        };
    }

    private EtcdOutcome<A> givenUp() {
        return new EtcdOutcome.Failed<>(
                new EtcdFailure(Status.DEADLINE_EXCEEDED.withDescription("no answer in time"), endpoint, true));
    }

    @Override
    public void onMessage(A answer) {
        message = Optional.of(answer);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        Optional<A> answer = message;
        if (status.isOk() && answer.isPresent()) {
            outcome.complete(new EtcdOutcome.Answered<>(answer.get()));
        } else {
            Status failure = status.isOk() ? Status.UNAVAILABLE.withDescription("ended without an answer") : status;
            outcome.complete(new EtcdOutcome.Failed<>(new EtcdFailure(failure, endpoint, sent.get())));
        }
    }
}
