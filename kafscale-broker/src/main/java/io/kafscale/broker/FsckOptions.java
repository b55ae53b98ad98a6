// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * What was asked of {@code fsck}. Immutable.
 *
 * @param isRestore bring lost metadata back instead of looking for damage
 * @param isDry only tell what a restore would do
 * @param isForced restore although the metadata does not look older than the objects
 * @param acceptsLoss restore although records are lost
 * @param isRepair remove orphans
 * @param isGraceless those that were written just now, too
 * @param isJson for programs
 */
record FsckOptions(
        boolean isRestore,
        boolean isDry,
        boolean isForced,
        boolean acceptsLoss,
        boolean isRepair,
        boolean isGraceless,
        boolean isJson) {

    private static final String REPAIR = "--repair";
    private static final String WITHOUT_GRACE = "--without-grace";
    private static final String DRY = "--dry-run";
    private static final String FORCE = "--force";
    private static final String ACCEPT_LOSS = "--accept-loss";
    private static final String OUTPUT = "--output";

    static CommandSpec specification() {
        CommandSpec restore = CommandSpec.create()
                .mixinStandardHelpOptions(true)
                .addOption(flag(DRY, "only tells what would be done"))
                .addOption(flag(
                        FORCE,
                        "also when metadata and objects seem to agree: for metadata that was set back by less than a"
                                + " minute"))
                .addOption(flag(ACCEPT_LOSS, "also when objects are missing or damaged, without what was in them"))
                .addOption(output());
        restore.usageMessage()
                .description(
                        "Brings a cluster back whose metadata is lost or older than its objects. All brokers must be"
                                + " stopped.");
        CommandSpec fsck = CommandSpec.create()
                .mixinStandardHelpOptions(true)
                .addOption(flag(REPAIR, "removes old objects that nobody refers to"))
                .addOption(flag(
                        WITHOUT_GRACE,
                        "with " + REPAIR + ": also those that are not old; they cannot be restored any more"))
                .addOption(output())
                .addSubcommand("restore", restore);
        fsck.usageMessage()
                .description("Looks through objects and metadata for damage. Ends with 0 when there is none, with 1"
                        + " otherwise. Settings are those of the broker.");
        return fsck;
    }

    private static OptionSpec flag(String name, String description) {
        return OptionSpec.builder(name)
                .type(boolean.class)
                .description(description)
                .build();
    }

    private static OptionSpec output() {
        return OptionSpec.builder("-o", OUTPUT)
                .type(Output.class)
                .paramLabel("text|json")
                .description("for people, or one JSON object in each line")
                .build();
    }

    /** How is told what was found. */
    @SuppressWarnings("UnusedVariable") // the library makes them from the command line
    private enum Output {
        text,
        json
    }

    static FsckOptions of(ParseResult fsck) {
        boolean isRestore = fsck.hasSubcommand();
        ParseResult last = isRestore ? fsck.subcommand() : fsck;
        if (isRestore && fsck.hasMatchedOption(REPAIR)) {
            throw new CommandLine.ParameterException(
                    fsck.commandSpec().commandLine(), REPAIR + " does not go with restore");
        }
        if (fsck.hasMatchedOption(WITHOUT_GRACE) && !fsck.hasMatchedOption(REPAIR)) {
            throw new CommandLine.ParameterException(
                    fsck.commandSpec().commandLine(), WITHOUT_GRACE + " goes with " + REPAIR + " only");
        }
        return new FsckOptions(
                isRestore,
                isRestore && last.hasMatchedOption(DRY),
                isRestore && last.hasMatchedOption(FORCE),
                isRestore && last.hasMatchedOption(ACCEPT_LOSS),
                !isRestore && fsck.hasMatchedOption(REPAIR),
                fsck.hasMatchedOption(WITHOUT_GRACE),
                isJson(fsck) || isJson(last));
    }

    private static boolean isJson(ParseResult parsed) {
        return parsed.matchedOptionValue(OUTPUT, Output.text) == Output.json;
    }
}
