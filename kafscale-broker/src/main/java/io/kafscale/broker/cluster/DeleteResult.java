// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

/** How the deletion of a topic ended. Immutable. */
public sealed interface DeleteResult {

    /** The topic, as it was, is gone. */
    record Deleted(Topic topic) implements DeleteResult {}

    /** There is no such topic. */
    record Unknown() implements DeleteResult {}

    /** The metadata store did not answer: the topic may or may not be there, now or later. */
    record Unavailable(String message) implements DeleteResult {}
}
