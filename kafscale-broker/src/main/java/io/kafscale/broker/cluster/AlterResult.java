// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

/** How the change of a topic ended. Immutable. */
public sealed interface AlterResult {

    /** The topic is so now, or would be if only validation was asked for. */
    record Altered(Topic before, Topic after) implements AlterResult {}

    /** There is no such topic. */
    record Unknown() implements AlterResult {}

    /** The number of partitions is out of bounds, or would not be an increase. */
    record InvalidPartitions(String message) implements AlterResult {}

    /** A setting is unknown or has a value that is not allowed; the message names it. */
    record InvalidConfig(String message) implements AlterResult {}

    /** The metadata store did not answer, or others change the topic all the time: it may be changed, now or later. */
    record Unavailable(String message) implements AlterResult {}
}
