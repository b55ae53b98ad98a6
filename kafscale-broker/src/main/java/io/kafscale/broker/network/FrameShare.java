// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import io.kafscale.broker.bounds.Share;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The room that one frame has in the {@link FrameBudget}: as much as its array is long. Grown by the thread that reads the
 * frame; may be closed by any thread after that, more than once.
 */
final class FrameShare implements AutoCloseable {

    private static final int GROWTH = 4;

    private final FrameBudget budget;
    private final List<Share> parts = new ArrayList<>(1);
    private final int frameBytes;
    private int room;

    FrameShare(FrameBudget budget, Share first, int frameBytes, int room) {
        this.budget = budget;
        this.parts.add(first);
        this.frameBytes = frameBytes;
        this.room = room;
    }

    /** How long the frame's array may be by now. */
    int room() {
        return room;
    }

    /** Makes room for four times as much, or for all of it; waits for the reserve if there is no other way. */
    void grow() throws InterruptedException {
        int wanted = (int) Math.min(frameBytes, (long) GROWTH * room);
        Optional<Share> more = budget.tryGrow(wanted - room);
        if (more.isPresent()) {
            parts.add(more.get());
            room = wanted;
        } else {
            Share reserve = budget.takeReserve();
            close();
            parts.add(reserve);
            room = frameBytes;
        }
    }

    @Override
    public void close() {
        parts.forEach(Share::close);
    }
}
