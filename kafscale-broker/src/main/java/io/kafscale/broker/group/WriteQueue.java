// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/** Where the groups of a shard hand in their writes, which are decided in the order of handing in. Thread-safe. */
interface WriteQueue {

    /**
     * Accepts all of the writes or, with an error, none. Each accepted one is decided once, by another thread.
     */
    Errors offer(List<? extends ShardWrite> writes);
}
