// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.etcd.jetcd.api.KVGrpc;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RangeResponse;
import io.etcd.jetcd.api.StatusResponse;
import io.etcd.jetcd.api.TxnResponse;
import io.grpc.Status;
import io.kafscale.broker.metadata.EtcdStartException.Blame;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at an etcd before it is used: that somebody answers, that all who answer are of one cluster and new enough, that
 * the user may do what will be done, and that the database is not about to fill up. Confined to one thread.
 */
final class EtcdCheck {

    private static final Logger LOG = LoggerFactory.getLogger(EtcdCheck.class);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(200);

    /** Etcd's quota where none is set, in bytes. */
    private static final long USUAL_QUOTA = 2L * 1024 * 1024 * 1024;

    private static final int WARN_AT_PERCENT = 80;

    /** Field of the status in which etcd 3.6 tells its quota; jetcd's messages are older. */
    private static final int QUOTA_FIELD = 12;

    /** When even the first of so many revisions is still there, nobody compacts. */
    private static final long REVISIONS_KEPT_BY_NEGLECT = 100_000;

    private final EtcdSettings settings;
    private final EtcdConnection connection;
    private final Clock clock;

    EtcdCheck(EtcdSettings settings, EtcdConnection connection, Clock clock) {
        this.settings = settings;
        this.connection = connection;
        this.clock = clock;
    }

    /**
     * Looks, and waits for an etcd that does not answer yet.
     *
     * @throws EtcdStartException when this etcd cannot be used, or does not answer in time
     */
    void run(Duration patience) throws InterruptedException {
        Deadline end = Deadline.after(clock, patience);
        boolean warned = false;
        while (true) {
            List<EtcdFailure> silent = lookAtMembers();
            Optional<EtcdFailure> failure =
                    silent.size() < settings.endpoints().size() ? tryRights() : Optional.of(silent.getLast());
            if (failure.isEmpty()) {
                silent.forEach(EtcdCheck::warnOf);
                return;
            }
            if (end.passed(clock)) {
                throw unreachable(silent.isEmpty() ? List.of(failure.get()) : silent, patience);
            }
            if (!warned) {
                LOG.atWarn().addKeyValue("answer", failure.get().describe()).log("etcd does not answer yet; waiting");
                warned = true;
            }
            clock.sleep(BETWEEN_LOOKS);
        }
    }

    /** The failures of those that do not answer. */
    private List<EtcdFailure> lookAtMembers() throws InterruptedException {
        List<EtcdFailure> silent = new ArrayList<>();
        for (int index = 0; index < settings.endpoints().size(); index++) {
            EtcdLine line = connection.line(index);
            try {
                lookAt(line).ifPresent(silent::add);
            } finally {
                line.channel().shutdownNow();
            }
        }
        return silent;
    }

    private Optional<EtcdFailure> lookAt(EtcdLine line) throws InterruptedException {
        Optional<EtcdFailure> failure = connection.prepare(line, EtcdSettings.CALL_LIMIT);
        if (failure.isPresent()) {
            return refusedOrSilent(failure.get());
        }
        switch (connection.status(line, EtcdSettings.CALL_LIMIT)) {
            case EtcdOutcome.Answered<StatusResponse>(StatusResponse status) -> {
                checkVersion(line, status);
                warnOfSpace(line, status);
            }
            case EtcdOutcome.Failed<StatusResponse>(EtcdFailure untold) ->
                LOG.atInfo()
                        .addKeyValue("endpoint", line.endpoint())
                        .addKeyValue("answer", untold.describe())
                        .log("etcd does not tell its version and size");
        }
        return Optional.empty();
    }

    /** Failures that waiting does not mend. */
    private static void throwIfHopeless(EtcdFailure failure) {
        String answer = "etcd at " + failure.endpoint() + " answers \"" + failure.describe() + "\"";
        EtcdHint hint = EtcdHint.of(failure);
        hint.blame().ifPresent(blame -> {
            throw new EtcdStartException(blame, answer + ": " + hint.advice(), failure.toException());
        });
    }

    private static void checkVersion(EtcdLine line, StatusResponse status) {
        Optional<EtcdVersion> version = EtcdVersion.parse(status.getVersion());
        version.filter(EtcdVersion::isTooOld).ifPresent(old -> {
            throw new EtcdStartException(
                    Blame.ENDPOINTS,
                    "etcd at " + line.endpoint() + " is version " + old + ", but " + EtcdVersion.OLDEST
                            + " is the oldest that can be used, and 3.5.28 or 3.6.9 the oldest that should be");
        });
        if (version.filter(EtcdVersion::isRecommended).isEmpty()) {
            LOG.atWarn()
                    .addKeyValue("endpoint", line.endpoint())
                    .addKeyValue("version", status.getVersion())
                    .log("this etcd has known errors: use 3.5.28 or later, or 3.6.9 or later");
        }
    }

    private static void warnOfSpace(EtcdLine line, StatusResponse status) {
        long quota = status.getUnknownFields().getField(QUOTA_FIELD).getVarintList().stream()
                .filter(told -> told > 0)
                .findFirst()
                .orElse(USUAL_QUOTA);
        if (status.getErrorsList().stream().anyMatch(error -> error.contains("NOSPACE"))) {
            LOG.atWarn()
                    .addKeyValue("endpoint", line.endpoint())
                    .addKeyValue("bytes", status.getDbSize())
                    .log("etcd is full and takes no writes: compact it, defragment it, then disarm its alarm");
        } else if (status.getDbSize() > quota / 100 * WARN_AT_PERCENT) {
            LOG.atWarn()
                    .addKeyValue("endpoint", line.endpoint())
                    .addKeyValue("bytes", status.getDbSize())
                    .addKeyValue("quota", quota)
                    .log("etcd's database nears its quota: compact and defragment it, or raise --quota-backend-bytes");
        }
    }

    private static void warnOf(EtcdFailure failure) {
        LOG.atWarn()
                .addKeyValue("endpoint", failure.endpoint())
                .addKeyValue("answer", failure.describe())
                .log("a member of etcd does not answer; the others are used");
    }

    /** Reads below the root, and asks for a write there that cannot happen: etcd looks at the rights all the same. */
    private Optional<EtcdFailure> tryRights() throws InterruptedException {
        EtcdOutcome<RangeResponse> read = connection.ask(
                KVGrpc.getRangeMethod(),
                RangeRequest.newBuilder()
                        .setKey(EtcdMessages.start(settings.root()))
                        .setRangeEnd(EtcdMessages.end(settings.root()))
                        .setCountOnly(true)
                        .build(),
                settings.memberLimit(),
                true);
        if (read instanceof EtcdOutcome.Failed<RangeResponse>(EtcdFailure failure)) {
            return refusedOrSilent(failure);
        }
        String probe = settings.root() + "probe";
        Transaction never = Transaction.when(new Compare.CreateRevision(probe, Long.MAX_VALUE))
                .put(probe, EtcdMessages.bytes(""))
                .build();
        EtcdOutcome<TxnResponse> write = connection.ask(
                KVGrpc.getTxnMethod(), EtcdMessages.transaction(never, probe), settings.memberLimit(), true);
        if (write instanceof EtcdOutcome.Failed<TxnResponse>(EtcdFailure failure)) {
            return refusedOrSilent(failure);
        }
        warnOfNeglect();
        return Optional.empty();
    }

    private Optional<EtcdFailure> refusedOrSilent(EtcdFailure failure) {
        if (failure.status().getCode() == Status.Code.PERMISSION_DENIED) {
            throw new EtcdStartException(
                    Blame.LOGIN,
                    "etcd at " + failure.endpoint() + " answers \"" + failure.describe() + "\": the user"
                            + settings.login().map(login -> " " + login.user()).orElse("")
                            + " needs the right to read and write all keys with the prefix " + settings.root()
                            + " (etcdctl role grant-permission ROLE readwrite --prefix=true " + settings.root() + ")",
                    failure.toException());
        }
        throwIfHopeless(failure);
        return Optional.of(failure);
    }

    private void warnOfNeglect() throws InterruptedException {
        EtcdOutcome<RangeResponse> first = connection.ask(
                KVGrpc.getRangeMethod(),
                RangeRequest.newBuilder()
                        .setKey(EtcdMessages.start(settings.root()))
                        .setRevision(1)
                        .setCountOnly(true)
                        .build(),
                settings.memberLimit(),
                true);
        if (first instanceof EtcdOutcome.Answered<RangeResponse>(RangeResponse answer)
                && answer.getHeader().getRevision() > REVISIONS_KEPT_BY_NEGLECT) {
            LOG.atWarn()
                    .addKeyValue("revisions", answer.getHeader().getRevision())
                    .log("nobody compacts this etcd: it will fill up; set --auto-compaction-retention");
        }
    }

    private EtcdStartException unreachable(List<EtcdFailure> silent, Duration patience) {
        String answers = silent.stream()
                .map(failure -> failure.endpoint() + " (" + failure.describe() + ")")
                .collect(Collectors.joining(", "));
        boolean hungUp = silent.stream().anyMatch(EtcdCheck::isHungUp);
        return new EtcdStartException(
                hungUp ? Blame.AUTHORITY : Blame.ENDPOINTS,
                "no answer from etcd within " + patience.toSeconds() + " s: " + answers + "; "
                        + (hungUp ? adviceOnTls() : "check that etcd runs there and has a leader"),
                silent.getLast().toException());
    }

    private String adviceOnTls() {
        return settings.tls().isEmpty()
                ? "perhaps it speaks TLS there: set the authority of its certificate, or use https://"
                : "perhaps it speaks plain text there: unset the files for TLS, or use http://";
    }

    /** Somebody took the connection and closed it, as one does who waits for TLS or knows none; when, decides the words. */
    private static boolean isHungUp(EtcdFailure failure) {
        String words = failure.describe();
        return words.contains("Network closed")
                || words.contains("Connection reset")
                || words.contains("closed while performing TLS");
    }
}
