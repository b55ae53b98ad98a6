// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.proto.metadata.ConsumerGroup;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;

/** Takes a group's new value to its store. Called under the lock of the group. */
@FunctionalInterface
interface GroupWrites {

    /**
     * Queues the value.
     *
     * @param whenDecided called once under the lock of the group, perhaps at once: NONE when the value is stored
     */
    void write(ConsumerGroup value, Consumer<Errors> whenDecided);
}
