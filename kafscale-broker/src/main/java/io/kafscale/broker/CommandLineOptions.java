// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** What may stand behind {@code java -jar kafscale-broker.jar}. Stateless. */
final class CommandLineOptions {

    private static final int WIDTH = 140;

    private CommandLineOptions() {}

    /** Does what the arguments ask for and says how it ended; empty when they ask for the broker to be started. */
    static Optional<Integer> handle(
            String[] arguments, Map<String, String> environment, PrintStream out, PrintStream err) {
        CommandLine commandLine = new CommandLine(specification().addSubcommand("fsck", FsckOptions.specification()));
        try {
            ParseResult parsed = commandLine.parseArgs(arguments);
            List<CommandLine> named = parsed.asCommandLineList();
            if (named.stream().anyMatch(CommandLine::isUsageHelpRequested)) {
                named.getLast().usage(out, CommandLine.Help.Ansi.OFF);
                return Optional.of(Main.OK);
            }
            if (parsed.isVersionHelpRequested()) {
                commandLine.printVersionHelp(out, CommandLine.Help.Ansi.OFF);
                return Optional.of(Main.OK);
            }
            return parsed.hasSubcommand()
                    ? Optional.of(new FsckCommand(environment, out, err).run(FsckOptions.of(parsed.subcommand())))
                    : Optional.empty();
        } catch (ParameterException e) {
            err.println("kafscale-broker: " + e.getMessage() + "; --help lists what is possible");
            return Optional.of(Main.USAGE);
        }
    }

    private static CommandSpec specification() {
        CommandSpec specification = CommandSpec.create()
                .name("java -jar kafscale-broker.jar")
                .version("kafscale-broker " + Main.version())
                .mixinStandardHelpOptions(true);
        specification
                .usageMessage()
                .width(WIDTH)
                .description("Starts a Kafka broker that keeps its records in objects.")
                .footer(variables().toArray(String[]::new));
        return specification;
    }

    private static List<String> variables() {
        List<String> lines = new ArrayList<>(List.of("", "Settings are environment variables:"));
        for (Variable variable : Variable.values()) {
            lines.add("");
            lines.add(literal(variable.key() + " (default: " + variable.defaultText() + ")"));
            lines.add(literal("    " + variable.meaning()));
            lines.add(literal("    " + variable.allowed()));
        }
        lines.add("");
        return lines;
    }

    /** The library formats these lines, so percent signs are doubled. */
    private static String literal(String line) {
        return line.replace("%", "%%");
    }
}
