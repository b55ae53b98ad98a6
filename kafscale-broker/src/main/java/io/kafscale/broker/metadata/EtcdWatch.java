// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.etcd.jetcd.api.Event.EventType;
import io.etcd.jetcd.api.WatchCreateRequest;
import io.etcd.jetcd.api.WatchGrpc;
import io.etcd.jetcd.api.WatchRequest;
import io.etcd.jetcd.api.WatchResponse;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * A watch on etcd that goes on at another member, from the revision behind the last one it has seen, when its stream
 * breaks. The watcher's own thread does that: there is no other. One answer is taken from etcd at a time, so that a slow
 * watcher holds little. What etcd says about its progress is not believed: it has been known to run ahead of the changes,
 * and the price is only that a quiet watch whose place is compacted away ends.
 *
 * <p>Confined to one thread, except {@link #close()}; guarded by {@code lock}, under which nobody waits for etcd.
 */
final class EtcdWatch implements Watch {

    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private final EtcdConnection connection;
    private final Clock clock;
    private final String prefix;
    private final Consumer<EtcdWatch> atEnd;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();

    @GuardedBy("lock")
    private final Deque<Event.Changed> arrived = new ArrayDeque<>();

    /** The first revision that has not arrived. */
    @GuardedBy("lock")
    private long next;

    @GuardedBy("lock")
    private Optional<Stream> stream = Optional.empty();

    @GuardedBy("lock")
    private Duration pause = Duration.ZERO;

    /** When a stream may be opened, while there is none. */
    @GuardedBy("lock")
    private Deadline mayOpen;

    @GuardedBy("lock")
    private boolean ended;

    EtcdWatch(EtcdConnection connection, Clock clock, String prefix, long fromRevision, Consumer<EtcdWatch> atEnd) {
        this.connection = connection;
        this.clock = clock;
        this.prefix = prefix;
        this.next = fromRevision;
        this.atEnd = atEnd;
        this.mayOpen = Deadline.after(clock, Duration.ZERO);
    }

    @Override
    public Event next(Deadline deadline) throws InterruptedException {
        while (true) {
            Optional<Event> event = awaitEvent(deadline);
            if (event.isPresent()) {
                return event.get();
            }
            open();
        }
    }

    /** Empty when a stream is to be opened. */
    private Optional<Event> awaitEvent(Deadline deadline) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (true) {
                if (ended) {
                    return Optional.of(new Event.Ended());
                }
                if (!arrived.isEmpty()) {
                    Event.Changed first = arrived.removeFirst();
                    if (arrived.isEmpty()) {
                        stream.ifPresent(open -> open.call.request(1));
                    }
                    return Optional.of(first);
                }
                if (stream.isEmpty() && mayOpen.passed(clock)) {
                    return Optional.empty();
                }
                if (deadline.passed(clock)) {
                    return Optional.of(new Event.Quiet());
                }
                clock.await(lock, news, stream.isEmpty() ? deadline.orSooner(mayOpen) : deadline);
            }
        } finally {
            lock.unlock();
        }
    }

    private void open() throws InterruptedException {
        EtcdLine line = connection.line();
        Optional<EtcdFailure> notReady = connection.prepare(line, EtcdSettings.MEMBER_LIMIT);
        if (notReady.isPresent()) {
            connection.recover(line, notReady.get());
            failed(notReady.get());
            return;
        }
        lock.lock();
        try {
            if (!ended) {
                Stream opened = new Stream(line);
                stream = Optional.of(opened);
                opened.start(next);
            }
        } finally {
            lock.unlock();
        }
    }

    /** One stream of answers from one member; its callbacks only note what came. */
    private final class Stream extends ClientCall.Listener<WatchResponse> {
        private final EtcdLine line;
        private final ClientCall<WatchRequest, WatchResponse> call;

        Stream(EtcdLine line) {
            this.line = line;
            this.call = line.channel().newCall(WatchGrpc.getWatchMethod(), CallOptions.DEFAULT);
        }

        /** Does not wait, but may find the stream broken before it returns. */
        void start(long fromRevision) {
            call.start(this, EtcdCall.headers(connection.token()));
            call.sendMessage(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(EtcdMessages.start(prefix))
                            .setRangeEnd(EtcdMessages.end(prefix))
                            .setStartRevision(fromRevision))
                    .build());
            call.request(1);
        }

        @Override
        public void onMessage(WatchResponse response) {
            if (response.getCanceled()) {
                canceled(this, response);
            } else {
                take(this, response);
            }
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            broken(this, new EtcdFailure(status, line.endpoint(), true));
        }
    }

    private void take(Stream from, WatchResponse response) {
        lock.lock();
        try {
            if (!isCurrent(from)) {
                return;
            }
            pause = Duration.ZERO;
            byRevision(response).forEach(arrived::addLast);
            if (arrived.isEmpty()) {
                from.call.request(1);
            } else {
                next = arrived.getLast().revision() + 1;
                news.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private boolean isCurrent(Stream one) {
        return stream.filter(current -> current == one).isPresent();
    }

    @GuardedBy("lock")
    private List<Event.Changed> byRevision(WatchResponse response) {
        TreeMap<Long, List<KeyChange>> changes = new TreeMap<>();
        for (io.etcd.jetcd.api.Event event : response.getEventsList()) {
            long revision = event.getKv().getModRevision();
            if (revision >= next) {
                changes.computeIfAbsent(revision, ignored -> new ArrayList<>()).add(change(event));
            }
        }
        return changes.entrySet().stream()
                .map(entry -> new Event.Changed(
                        entry.getKey(),
                        entry.getValue().stream()
                                .sorted(Comparator.comparing(KeyChange::key))
                                .toList()))
                .toList();
    }

    private static KeyChange change(io.etcd.jetcd.api.Event event) {
        return event.getType() == EventType.DELETE
                ? new KeyChange.Deleted(event.getKv().getKey().toStringUtf8())
                : new KeyChange.Set(EtcdMessages.entry(event.getKv()));
    }

    /** Etcd will not go on with this watch: its place is compacted away, or it may not be read. */
    private void canceled(Stream from, WatchResponse response) {
        if (response.getCompactRevision() == 0) {
            connection.forgetToken();
        }
        lock.lock();
        try {
            if (!isCurrent(from)) {
                return;
            }
        } finally {
            lock.unlock();
        }
        close();
    }

    private void broken(Stream from, EtcdFailure failure) {
        lock.lock();
        try {
            if (!isCurrent(from)) {
                return;
            }
        } finally {
            lock.unlock();
        }
        connection.recover(from.line, failure);
        failed(failure);
    }

    /** Tries again after a pause, or ends when there is no hope. */
    private void failed(EtcdFailure failure) {
        if (!failure.mayPass()) {
            close();
            return;
        }
        lock.lock();
        try {
            stream = Optional.empty();
            mayOpen = Deadline.after(clock, pause);
            Duration longer = pause.isZero() ? FIRST_PAUSE : pause.multipliedBy(2);
            pause = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
            news.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        Optional<Stream> last;
        lock.lock();
        try {
            ended = true;
            last = stream;
            stream = Optional.empty();
            news.signalAll();
        } finally {
            lock.unlock();
        }
        last.ifPresent(open -> open.call.cancel("the watch is closed", null));
        atEnd.accept(this);
    }
}
