// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.time.Deadline;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/**
 * Serves the partitions that this broker owns. Called by one thread at a time, which it may block for as long as recovery
 * and flushing take.
 */
public interface PartitionHost {

    /**
     * Reads what serving will need, as far as there is room for it. Called while there is nothing to do but wait, on a thread
     * of its own; what fails is of no interest.
     */
    void prepare();

    /** A new incarnation begins: whatever is served from an earlier one is dropped, with all its state. */
    void begin(Token token);

    /**
     * Recovers partitions and serves them; those that cannot be recovered now are asked for again a little later.
     *
     * @param served told of each as soon as it is served, by any thread, before this returns
     */
    void serve(List<AcquiredPartition> partitions, Consumer<PartitionId> served);

    /**
     * Stops accepting for partitions, and serving those for which everything that was accepted is decided before the
     * deadline; the others may be asked for again.
     *
     * @return those that are not served and of which everything is decided. The owner keys of the others must stay as long
     *     as the token may hold, because something may yet be committed for them; they vanish with the lease
     */
    Collection<PartitionId> release(Collection<PartitionId> partitions, Deadline deadline);
}
