// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.record.BatchDecompressor;
import io.kafscale.broker.time.Signal;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** All logs that this broker serves, and the one pipeline that flushes them. Thread-safe. */
@SuppressWarnings("DoNotCallSuggester")
public final class PartitionLogs implements AutoCloseable {

    private final Signal abdicated = new Signal();

    public PartitionLogs(LogEnvironment environment, LogLimits limits) {
        this(environment, limits, BatchDecompressor.NONE);
    }

    public PartitionLogs(LogEnvironment environment, LogLimits limits, BatchDecompressor decompressor) {
        throw new UnsupportedOperationException(environment.toString() + limits + decompressor);
    }

    /**
     * Begins a new incarnation. Whatever is served from an earlier one is dropped with all its state; what was undecided
     * in it answers {@link AppendResult.Outcome.Unknown}. Nothing is served before the first call.
     */
    public void begin(Token token) {
        throw new UnsupportedOperationException(token.toString());
    }

    /**
     * Recovers partitions and serves them. One that cannot be recovered is logged, and does not disturb the others.
     *
     * @return those that are served now
     */
    public List<PartitionId> open(List<OpenRequest> requests) {
        throw new UnsupportedOperationException(requests.toString());
    }

    /**
     * Stops accepting for these partitions, waits until everything that was accepted is decided, and forgets them;
     * unknown ones are passed over.
     */
    public void close(Collection<PartitionId> partitions) {
        throw new UnsupportedOperationException(partitions.toString());
    }

    public Optional<PartitionLog> find(PartitionId partition) {
        throw new UnsupportedOperationException(partition.toString());
    }

    /** The settings of a topic have changed. */
    public void settings(UUID topicId, LogSettings settings) {
        throw new UnsupportedOperationException(topicId.toString() + settings);
    }

    /** The stores took what was last written to them, so that a new append would be committed soon. */
    public boolean canCommit() {
        throw new UnsupportedOperationException();
    }

    /**
     * Rung when the logs have given up an incarnation by themselves, because they lost the registration or cannot tell
     * what they have written: all logs are dropped by then, and nothing is served before the next {@link #begin}.
     */
    public Signal abdicated() {
        return abdicated;
    }

    /** Refuses new appends, flushes and waits for what was accepted, up to a limit, and ends all threads. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
