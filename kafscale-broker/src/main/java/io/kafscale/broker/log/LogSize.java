// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.read.CommittedLog;
import io.kafscale.broker.segment.SegmentGapException;
import io.kafscale.broker.storage.StorageException;
import java.util.OptionalLong;

/** How large a partition's log is. Stateless. */
final class LogSize {

    private LogSize() {}

    /**
     * About how many bytes are kept.
     *
     * @throws StorageException when the list of segments is not in memory and the store fails
     */
    static long of(PartitionLog log) throws InterruptedException {
        CommittedLog committed = log.committed();
        long sealed = committed.sealedThrough();
        long start = committed.logStart();
        return committed.unsealedBytes() + (start < sealed ? log.segments().bytes(start, sealed) : 0);
    }

    /** The same; empty when that cannot be told now. */
    static OptionalLong known(PartitionLog log) throws InterruptedException {
        try {
            return OptionalLong.of(of(log));
        } catch (SegmentGapException gap) {
            return OptionalLong.empty();
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.INTERRUPTED) {
                throw new InterruptedException(e.getMessage());
            }
            return OptionalLong.empty();
        }
    }
}
