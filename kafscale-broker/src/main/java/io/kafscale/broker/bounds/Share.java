// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.bounds;

import java.util.concurrent.atomic.AtomicLong;

/** A part of a {@link ByteBudget} that somebody holds. Closing it more than once counts once. Thread-safe. */
public final class Share implements AutoCloseable {

    private final ByteBudget budget;
    private final AtomicLong bytes;

    Share(ByteBudget budget, long bytes) {
        this.budget = budget;
        this.bytes = new AtomicLong(bytes);
    }

    public long bytes() {
        return bytes.get();
    }

    /** Gives back what is above so many bytes. */
    public void shrinkTo(long keptBytes) {
        long before = bytes.getAndUpdate(held -> Math.min(held, keptBytes));
        budget.give(Math.max(0, before - keptBytes));
    }

    /** Takes so many more if they are there and nobody waits for them. Not to be called on a closed share. */
    public boolean tryGrow(long more) {
        boolean taken = budget.tryTake(more);
        if (taken) {
            bytes.addAndGet(more);
        }
        return taken;
    }

    /** Takes so many more whether or not they are there, for what exists already. Not to be called on a closed share. */
    public void overdraw(long more) {
        budget.overdraw(more);
        bytes.addAndGet(more);
    }

    @Override
    public void close() {
        budget.give(bytes.getAndSet(0));
    }
}
