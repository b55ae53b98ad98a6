// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.PartitionId;
import java.util.List;

/**
 * A problem with what it rests on: if that is as it was when the metadata is read again, later than the object was, then the
 * cluster has needed the object at the moment at which it was found wanting. Otherwise the cluster has gone on meanwhile, and
 * nothing is wrong. Immutable.
 *
 * @param problem what is told if all premises hold
 */
record Finding(Problem problem, List<Premise> premises) {

    Finding {
        premises = List.copyOf(premises);
    }

    /** Something that must still be so. Immutable. */
    sealed interface Premise {

        /** A key has not changed. */
        record Unchanged(Compare.ModRevision key) implements Premise {}

        /** A partition still keeps offsets below an end. */
        record Keeps(String topicKey, PartitionId partition, long endOffset) implements Premise {}
    }
}
