// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.kafscale.broker.time.Deadline;
import java.util.List;

/** A stream of changes below one prefix. Confined to one thread, except {@link #close()}. */
public interface Watch extends AutoCloseable {

    /** What a watch has to say. Immutable. */
    sealed interface Event {

        /** All changes of one revision below the prefix, in the order of the keys. */
        record Changed(long revision, List<KeyChange> changes) implements Event {
            public Changed {
                changes = List.copyOf(changes);
            }
        }

        /** The watch lost track or was closed, and says nothing more: list again and start another. */
        record Ended() implements Event {}

        /** The deadline passed without news. */
        record Quiet() implements Event {}
    }

    /** One key that changed. Immutable. */
    sealed interface KeyChange {

        String key();

        record Set(KeyValue entry) implements KeyChange {
            @Override
            public String key() {
                return entry.key();
            }
        }

        record Deleted(String key) implements KeyChange {}
    }

    /** Waits for the next event. */
    Event next(Deadline deadline) throws InterruptedException;

    /** Ends the watch; a waiting {@link #next} returns {@link Event.Ended}. */
    @Override
    void close();
}
