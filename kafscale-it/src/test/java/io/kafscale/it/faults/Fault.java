// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.faults;

import com.google.errorprone.annotations.Immutable;
import io.kafscale.it.etcd.CuttingProxy;
import io.kafscale.it.etcd.EtcdCluster;
import io.kafscale.it.etcd.EtcdMember;
import io.kafscale.it.process.Patience;
import io.kafscale.it.servers.S3Fault;
import java.time.Duration;
import java.util.function.Supplier;

/** Troubles of the stores, each to last for a time and to be over then. Immutable. */
enum Fault {
    S3_ERRORS("S3 answers 500 or 503 to 20 % of all requests", false, s3(() -> S3Fault.errors(0.2))),
    S3_LATENCY(
            "S3 takes 2 to 20 s for every request",
            false,
            s3(() -> S3Fault.latency(Duration.ofSeconds(2), Duration.ofSeconds(20)))),
    S3_STALLS(
            "20 % of requests or answers of S3 stand still for 2 to 20 s in mid-body",
            true, s3(() -> S3Fault.stalls(0.2, Duration.ofSeconds(2), Duration.ofSeconds(20)))),
    S3_LOST_ANSWERS(
            "S3 takes the object, and the connection is dropped before it says so, 20 % of puts",
            false, s3(() -> S3Fault.lostAnswers(0.2))),
    S3_LATE_OBJECTS("S3 answers 404 to the first read of each object", true, restarted(S3Fault::lateObjects)),
    S3_SHORT_READS("20 % of what is read from S3 ends in the middle", true, restarted(() -> S3Fault.shortReads(0.2))),
    S3_FLIPPED_READS(
            "20 % of what is read from S3 has one wrong bit", true, restarted(() -> S3Fault.flippedReads(0.2))),
    ETCD_LEADER_LOST("the leader of three etcd members is killed, and started 5 s later", false, Fault::loseLeaders),
    ETCD_PAUSED("all etcd members stand still for 10 s", false, Fault::pauseAll),
    ETCD_LOST_ANSWERS("etcd has done it, and the connection is cut before it says so", false, Fault::loseAnswers),
    ETCD_COMPACTED("etcd is compacted and defragmented without a break", false, Fault::compact),
    ETCD_FULL("etcd's database is full", false, Fault::fill);

    private static final Duration WITHOUT_LEADER = Duration.ofSeconds(5);
    private static final Duration PAUSE = Duration.ofSeconds(10);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(20);
    private static final String FILLER = "x".repeat(100_000);

    private final String description;
    private final boolean readsAreCold;
    private final Script script;

    Fault(String description, boolean readsAreCold, Script script) {
        this.description = description;
        this.readsAreCold = readsAreCold;
        this.script = script;
    }

    String description() {
        return description;
    }

    /** Whether it is about reads, so that the broker must not have anything in memory. */
    boolean readsAreCold() {
        return readsAreCold;
    }

    /** Whether the broker is right to write such a line at level error: what was acknowledged seems to be lost or damaged. */
    boolean excuses(String line) {
        return switch (this) {
            case S3_LATE_OBJECTS -> line.contains("NoSuchKey (injected)");
            case S3_FLIPPED_READS -> line.contains("not what was written") || line.contains("checksum");
            default -> false;
        };
    }

    /** How etcd is started for it. */
    String[] etcdFlags() {
        return this == ETCD_FULL ? new String[] {"--quota-backend-bytes=" + 24 * 1024 * 1024} : new String[0];
    }

    /** Makes the trouble; returns when it is over, after {@code length} or a little later. */
    void play(Stage stage, Duration length) {
        script.play(stage, length);
    }

    @Immutable
    @FunctionalInterface
    private interface Script {
        void play(Stage stage, Duration length);
    }

    // Error Prone cannot see that what is captured is immutable.
    @SuppressWarnings("Immutable")
    private static Script s3(Supplier<S3Fault> fault) {
        return (stage, length) -> {
            stage.s3().inject(fault.get());
            Patience.hold(length);
            stage.s3().inject(S3Fault.NONE);
        };
    }

    /** With a broker that has nothing in memory, and in the middle of it is killed and finds its logs again. */
    @SuppressWarnings("Immutable")
    private static Script restarted(Supplier<S3Fault> fault) {
        return (stage, length) -> {
            stage.broker().kill();
            stage.broker().start();
            stage.awaitProgress();
            stage.s3().inject(fault.get());
            Patience.hold(length.dividedBy(2));
            stage.broker().kill();
            stage.broker().start();
            Patience.hold(length.dividedBy(2));
            stage.s3().inject(S3Fault.NONE);
        };
    }

    private static void loseLeaders(Stage stage, Duration length) {
        EtcdCluster etcd = stage.stores().etcd();
        repeat(length, () -> {
            EtcdMember leader = etcd.leader();
            leader.kill();
            stage.happened();
            Patience.hold(WITHOUT_LEADER);
            etcd.start(leader);
            etcd.awaitHealthy();
        });
    }

    private static void pauseAll(Stage stage, Duration length) {
        EtcdCluster etcd = stage.stores().etcd();
        repeat(length, () -> {
            if (stage.happenings() > 0) {
                stage.progressesWithin(LONGEST_WAIT);
            }
            etcd.members().forEach(EtcdMember::pause);
            stage.happened();
            Patience.hold(PAUSE);
            etcd.members().forEach(EtcdMember::resume);
        });
    }

    private static void loseAnswers(Stage stage, Duration length) {
        repeat(length, () -> {
            long before = stage.happenings();
            stage.etcdProxies().forEach(CuttingProxy::cutInsteadOfNextAnswer);
            Patience.comesTrue(LONGEST_WAIT, () -> stage.happenings() > before);
            stage.etcdProxies().forEach(proxy -> proxy.beforeNextAnswer(() -> {}));
            stage.progressesWithin(Duration.ofSeconds(1));
        });
    }

    private static void compact(Stage stage, Duration length) {
        EtcdCluster etcd = stage.stores().etcd();
        repeat(length, () -> {
            for (int filler = 0; filler < 20; filler++) {
                etcd.succeeds("put", "/filler/" + filler, FILLER);
            }
            etcd.control("del", "--prefix", "/filler/");
            etcd.control("compact", "--physical", Long.toString(etcd.revision()));
            etcd.control("defrag");
            stage.happened();
        });
    }

    private static void fill(Stage stage, Duration length) {
        EtcdCluster etcd = stage.stores().etcd();
        for (int filler = 0; etcd.succeeds("put", "/filler/" + filler, FILLER); filler++) {
            stage.happened();
        }
        Patience.hold(length);
        etcd.control("del", "--prefix", "/filler/");
        etcd.control("compact", "--physical", Long.toString(etcd.revision()));
        etcd.control("defrag");
        etcd.control("alarm", "disarm");
    }

    private static void repeat(Duration length, Runnable round) {
        long start = System.nanoTime();
        do {
            round.run();
        } while (System.nanoTime() - start < length.toNanos());
    }
}
