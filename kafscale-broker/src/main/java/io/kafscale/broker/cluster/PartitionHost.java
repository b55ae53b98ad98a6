// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import java.util.Collection;
import java.util.List;

/**
 * Serves the partitions that this broker owns. Called by one thread at a time, which it may block for as long as recovery
 * and flushing take.
 */
public interface PartitionHost {

    /** A new incarnation begins: whatever is served from an earlier one is dropped, with all its state. */
    void begin(Token token);

    /**
     * Recovers partitions and serves them.
     *
     * @return those that are served now; the others are asked for again a little later
     */
    Collection<PartitionId> serve(List<AcquiredPartition> partitions);

    /** Stops serving partitions, when everything that was accepted for them is decided; unknown ones are passed over. */
    void release(Collection<PartitionId> partitions);
}
