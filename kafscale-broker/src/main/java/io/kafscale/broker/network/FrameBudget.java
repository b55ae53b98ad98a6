// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.bounds.Share;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * The memory that frames of all connections may take, from the moment they are read until nobody needs them any more, in parts
 * that do not take from each other:
 *
 * <pre>
 * reserve │ as large as the largest frame; one frame has all of it at a time
 * the rest: 1/2 at once │ frames up to 2 MiB, whole before their bytes come
 *           1/4 begun   │ the first 64 KiB of all others
 *           1/8 grown   │ what such a frame needs beyond that, as its bytes come
 *           1/8 small   │ frames up to 8 KiB for which there is no room above, such as heartbeats
 * </pre>
 *
 * <p>Nobody waits for room while holding any, but for the reserve, and who has that waits for nothing but its peer: so a
 * frame that has begun can always be completed. Thread-safe.
 */
final class FrameBudget {

    static final int SMALL_FRAME = 8 << 10;
    static final int FIRST_STEP = 64 << 10;

    private static final int AT_ONCE = 2 << 20;

    private final int largest;
    private final ByteBudget reserve;
    private final ByteBudget atOnce;
    private final ByteBudget begun;
    private final ByteBudget grown;
    private final ByteBudget small;

    /**
     * A budget.
     *
     * @param capacity all parts together
     * @param maxFrameBytes the longest frame that is to be let in, if the capacity allows
     */
    FrameBudget(Clock clock, long capacity, int maxFrameBytes) {
        largest = (int) Math.max(1, Math.min(maxFrameBytes, capacity * 21 / 32));
        long rest = Math.max(8, capacity - largest);
        reserve = new ByteBudget(clock, largest);
        atOnce = new ByteBudget(clock, rest / 2);
        begun = new ByteBudget(clock, rest / 4);
        grown = new ByteBudget(clock, rest / 8);
        small = new ByteBudget(clock, rest / 8);
    }

    /** The longest frame that can ever be let in. */
    int largestFrame() {
        return largest;
    }

    /** Waits until a frame of at most {@link #largestFrame()} bytes may begin. */
    FrameShare begin(int frameBytes) throws InterruptedException {
        if (frameBytes > largest) {
            throw new IllegalArgumentException(frameBytes + " bytes will never be free of " + largest);
        }
        if (frameBytes <= Math.min(AT_ONCE, atOnce.limit())) {
            Optional<Share> whole = atOnce.tryShare(frameBytes);
            if (whole.isPresent()) {
                return new FrameShare(this, whole.get(), frameBytes, frameBytes);
            }
        }
        ByteBudget part = frameBytes <= SMALL_FRAME ? small : begun;
        int first = Math.min(frameBytes, FIRST_STEP);
        Share share = part.share(first, Deadline.NEVER).orElseThrow();
        return new FrameShare(this, share, frameBytes, first);
    }

    Optional<Share> tryGrow(long bytes) {
        return grown.tryShare(bytes);
    }

    /** Waits until it is had alone. */
    Share takeReserve() throws InterruptedException {
        return reserve.share(largest, Deadline.NEVER).orElseThrow();
    }

    /** Bytes that are taken now; the reserve counts whole. */
    long used() {
        return parts().mapToLong(ByteBudget::used).sum();
    }

    /** Since when some frame has been waiting for room without a break; empty while none waits. */
    OptionalLong waitingSinceNanos() {
        return parts().map(ByteBudget::waitingSinceNanos)
                .filter(OptionalLong::isPresent)
                .mapToLong(OptionalLong::getAsLong)
                .reduce((first, second) -> first - second <= 0 ? first : second);
    }

    private Stream<ByteBudget> parts() {
        return Stream.of(reserve, atOnce, begun, grown, small);
    }
}
