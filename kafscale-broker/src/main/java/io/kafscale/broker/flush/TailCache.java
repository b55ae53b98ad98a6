// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import io.kafscale.broker.chunk.BatchRun;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;

/**
 * Which committed batches of all partitions stay in memory: the newest, up to a number of bytes. A batch is a view into the
 * frame it came with, so a frame counts whole until the last of its batches has left. Confined to the thread that commits.
 */
final class TailCache {

    private final long limit;
    private final Deque<Kept> kept = new ArrayDeque<>();
    private final IdentityHashMap<Object, Integer> users = new IdentityHashMap<>();
    private long bytes;

    private record Kept(FlushTarget log, BatchRun run) {}

    TailCache(long limit) {
        this.limit = limit;
    }

    /** Keeps batches that a log has just taken into its tail, and has the oldest of all dropped that are too many. */
    void add(FlushTarget log, BatchRun run) {
        kept.addLast(new Kept(log, run));
        bytes += run.overheadBytes();
        for (int i = 0; i < run.count(); i++) {
            Object frame = run.batch(i).backing();
            if (users.merge(frame, 1, Integer::sum) == 1) {
                bytes += run.batch(i).backingBytes();
            }
        }
        while (bytes > limit && !kept.isEmpty()) {
            dropOldest();
        }
    }

    private void dropOldest() {
        Kept oldest = kept.removeFirst();
        oldest.log().dropFromTail(oldest.run());
        bytes -= oldest.run().overheadBytes();
        for (int i = 0; i < oldest.run().count(); i++) {
            Object frame = oldest.run().batch(i).backing();
            if (users.merge(frame, -1, Integer::sum) == 0) {
                users.remove(frame);
                bytes -= oldest.run().batch(i).backingBytes();
            }
        }
    }

    long bytes() {
        return bytes;
    }
}
