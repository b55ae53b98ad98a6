// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.fsck.Fsck;
import io.kafscale.broker.fsck.JsonReport;
import io.kafscale.broker.fsck.Report;
import io.kafscale.broker.fsck.Restore;
import io.kafscale.broker.fsck.TextReport;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.telemetry.LogOutput;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.SystemClock;
import io.kafscale.broker.time.SystemThreads;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.random.RandomGenerator;

/** Runs {@code fsck} on the stores that a broker with the same environment would use. Confined to one thread. */
final class FsckCommand {

    private static final Duration SHORTEST_GRACE = Duration.ofNanos(1);

    private final Map<String, String> variables;
    private final PrintStream out;
    private final PrintStream err;
    private final Clock clock = new SystemClock();
    private final RandomGenerator random = new SecureRandom();

    FsckCommand(Map<String, String> variables, PrintStream out, PrintStream err) {
        this.variables = variables;
        this.out = out;
        this.err = err;
    }

    /** Returns the exit code. */
    int run(FsckOptions options) {
        try {
            BrokerConfig config = BrokerConfig.from(variables);
            requireStores(config.storage());
            LogOutput.begin(config.logging().level().name(), false, new FileOutputStream(FileDescriptor.err));
            int problems = run(config, options, options.isJson() ? new JsonReport(out) : new TextReport(out));
            out.flush();
            return problems == 0 ? Main.OK : Main.FAILED;
        } catch (ConfigException e) {
            return end(Main.USAGE, String.valueOf(e.getMessage()));
        } catch (BrokerStartException | MetadataException | StorageException | Restore.RefusedException e) {
            return end(Main.FAILED, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return end(Main.FAILED, "interrupted");
        }
    }

    private int end(int code, String message) {
        err.println("kafscale-broker fsck: " + message);
        return code;
    }

    /** Nothing is made that was not there. */
    private static void requireStores(BrokerConfig.Storage storage) {
        if (storage.inMemory()) {
            throw new ConfigException(
                    Variable.USE_MEMORY_S3.key() + " keeps everything in a broker's heap, where fsck" + " cannot look");
        }
        boolean needsDirectory = storage.s3().isEmpty() || storage.etcd().isEmpty();
        if (needsDirectory && !Files.isDirectory(storage.directory())) {
            throw new BrokerStartException(Variable.DATA_DIR.key() + ": there is no directory " + storage.directory());
        }
    }

    private int run(BrokerConfig config, FsckOptions options, Report report) throws InterruptedException {
        try (Closing closing = new Closing()) {
            SystemThreads threads = closing.add("threads", new SystemThreads());
            ObjectStores objects = new ObjectStores(
                    clock,
                    threads,
                    random,
                    config.times().objectHealth(),
                    config.storage().root());
            Stores stores = Stores.open(config.withoutReplica(), clock, threads, objects, closing);
            LogEnvironment environment = new LogEnvironment(
                    clock,
                    threads,
                    random,
                    stores.objects(),
                    stores.metadata(),
                    new ClusterKeys(config.storage().clusterId()),
                    config.storage().root());
            if (options.isRestore()) {
                Restore restore = new Restore(environment, report);
                return (options.acceptsLoss() ? restore.acceptingLoss() : restore)
                        .run(options.isDry(), options.isForced());
            }
            return new Fsck(environment, report).run(mode(options, config));
        }
    }

    private static Fsck.Mode mode(FsckOptions options, BrokerConfig config) {
        Duration grace = options.isGraceless() ? SHORTEST_GRACE : config.times().garbageGrace();
        return options.isRepair() ? new Fsck.Mode.Repair(grace) : new Fsck.Mode.Check();
    }
}
