// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

/** How the creation of a topic ended. Immutable. */
public sealed interface CreateResult {

    /** The topic is there, or would be if only validation was asked for. */
    record Created(Topic topic) implements CreateResult {}

    /** There is a topic of that name. */
    record Exists(String message) implements CreateResult {}

    /** The name breaks a rule, or differs from that of another topic only in dots and underscores. */
    record InvalidName(String message) implements CreateResult {}

    /** The number of partitions is out of bounds. */
    record InvalidPartitions(String message) implements CreateResult {}

    /** A setting is unknown or has a value that is not allowed; the message names it. */
    record InvalidConfig(String message) implements CreateResult {}

    /** The metadata store did not answer: the topic may or may not be there, now or later. */
    record Unavailable(String message) implements CreateResult {}
}
