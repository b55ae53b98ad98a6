// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import java.time.Duration;

/** What connections may take before they have to wait or are closed. Immutable. */
public record NetworkLimits(Connections connections, Frames frames, Times times) {

    /**
     * How many connections there may be.
     *
     * @param all of all peers; further ones wait in the system's queue
     * @param perAddress of one address; further ones are closed at once
     */
    public record Connections(int all, int perAddress) {
        public Connections {
            if (all < 1 || perAddress < 1) {
                throw new IllegalArgumentException("at least one connection must be allowed");
            }
        }
    }

    /**
     * How much may be on its way in.
     *
     * @param maxBytes length of one frame
     * @param budgetBytes of all frames that are read or answered at a time, on all connections
     * @param pendingAnswers produce requests of one connection that wait for their answers
     */
    public record Frames(int maxBytes, long budgetBytes, int pendingAnswers) {
        public Frames {
            if (maxBytes < 1 || budgetBytes < 1 || pendingAnswers < 1) {
                throw new IllegalArgumentException("frame limits below one");
            }
        }
    }

    /**
     * How long a peer may keep us waiting.
     *
     * @param idle between two requests while no answer is owed
     * @param frame from the first byte of a frame to its last, unless it keeps up {@code frameBytesPerSecond}; while
     *     others wait for room nothing but this time counts
     * @param stalledWrite for a piece of an answer that the peer does not take
     * @param answer from the first byte of an answer to its last, unless it keeps up {@code answerBytesPerSecond}; while others
     *     wait for its memory nothing but this time counts
     * @param drain at closing: for requests in flight to be answered
     */
    public record Times(
            Duration idle,
            Duration frame,
            int frameBytesPerSecond,
            Duration stalledWrite,
            Duration answer,
            int answerBytesPerSecond,
            Duration drain) {
        public Times {
            if (!idle.isPositive()
                    || !frame.isPositive()
                    || !stalledWrite.isPositive()
                    || !answer.isPositive()
                    || drain.isNegative()) {
                throw new IllegalArgumentException("time limits must be positive");
            }
            if (frameBytesPerSecond < 1 || answerBytesPerSecond < 1) {
                throw new IllegalArgumentException("at least one byte per second must be asked for");
            }
        }
    }

    /** The limits of a broker in service, on a heap of the given size. */
    public static NetworkLimits forHeap(long heapBytes) {
        return new NetworkLimits(
                new Connections(10_000, 1_000),
                new Frames(100 << 20, Math.max(1 << 20, heapBytes / 4), 100),
                new Times(
                        Duration.ofMinutes(10),
                        Duration.ofSeconds(30),
                        16 << 10,
                        Duration.ofSeconds(30),
                        Duration.ofSeconds(30),
                        16 << 10,
                        Duration.ofSeconds(3)));
    }
}
