// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.telemetry.LogOutput;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The command line of the broker. Exit codes: 0 for help and version, and when 'fsck' finds nothing wrong; 1 when the broker cannot start
 * or cannot go on, or 'fsck' finds problems or fails; 2 for a wrong usage or setting; after SIGTERM and SIGINT the broker closes within five seconds and the JVM ends with its usual 143 and 130.
 * Stateless.
 */
public final class Main {

    static final int OK = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;

    private Main() {}

    /** Starts the broker, or does what the arguments ask for. */
    public static void main(String[] arguments) {
        int exitCode = run(arguments, System.getenv(), System.out, System.err);
        if (exitCode != OK) {
            System.exit(exitCode);
        }
    }

    /** Returns when the broker listens or the command is done; a started broker is closed when the JVM shuts down. */
    static int run(String[] arguments, Map<String, String> environment, PrintStream out, PrintStream err) {
        // without arguments nothing of the command line's library is loaded, for a fast start
        Optional<Integer> done =
                arguments.length == 0 ? Optional.empty() : CommandLineOptions.handle(arguments, environment, out, err);
        return done.orElseGet(() -> start(environment, out, err));
    }

    private static int start(Map<String, String> environment, PrintStream out, PrintStream err) {
        try {
            BrokerConfig config = BrokerConfig.from(environment);
            BrokerConfig.Logging logging = config.logging();
            LogOutput.begin(logging.level().name(), logging.traceRequests(), new FileOutputStream(FileDescriptor.out));
            Logger log = LoggerFactory.getLogger(Main.class);
            UnusedVariables.warnings(environment)
                    .forEach(warning ->
                            log.atWarn().addKeyValue("detail", warning).log("setting is ignored"));
            log.atInfo()
                    .addKeyValue("version", version())
                    .addKeyValue("storage", storage(config.storage()))
                    .log("broker starts");
            Broker broker = Broker.start(config, cause -> halt(cause, err));
            Runtime.getRuntime().addShutdownHook(new Thread(broker::close, "shutdown"));
            out.println("broker listening on " + broker.address());
            out.flush();
            return OK;
        } catch (ConfigException e) {
            err.println("kafscale-broker: " + e.getMessage());
            return USAGE;
        } catch (BrokerStartException e) {
            err.println("kafscale-broker: " + e.getMessage());
            return FAILED;
        }
    }

    private static String storage(BrokerConfig.Storage storage) {
        return storage.inMemory()
                ? "memory, gone with this process"
                : storage.directory().toAbsolutePath().toString();
    }

    /** At once, without the orderly end: what was acknowledged is durable, and nothing else can be made so any more. */
    private static void halt(Throwable cause, PrintStream err) {
        try {
            err.println("kafscale-broker: ended, for it must not go on: " + cause);
        } finally {
            Runtime.getRuntime().halt(FAILED);
        }
    }

    /** The version of the jar. */
    static String version() {
        return Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
                .orElse("unpackaged");
    }
}
