// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.network.FrameReader.Incoming;
import io.kafscale.broker.time.ManualClock;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** How bytes are cut into frames, and how long a peer may take over one. */
class FrameReaderTest {

    private static final NetworkLimits LIMITS = ListenerFixture.LIMITS;

    private final ManualClock clock = new ManualClock();
    private final Patience patience = new Patience();
    private final FrameBudget budget = new FrameBudget(clock, 64 << 20, 8 << 20);

    /** A stream that hands out at most so many bytes at a time, after letting the time pass. */
    private final class SlowStream extends InputStream {

        private final ByteArrayInputStream bytes;
        private final int atOnce;
        private final Duration pause;
        private final List<Patience.Wait> exceeded = new ArrayList<>();
        private int largestRequest;

        SlowStream(byte[] bytes, int atOnce, Duration pause) {
            this.bytes = new ByteArrayInputStream(bytes);
            this.atOnce = atOnce;
            this.pause = pause;
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException("one at a time");
        }

        @Override
        public int read(byte[] target, int from, int count) {
            clock.advance(pause);
            exceeded.add(patience.exceeded(clock));
            largestRequest = Math.max(largestRequest, count);
            return bytes.read(target, from, Math.min(count, atOnce));
        }
    }

    private FrameReader reader(InputStream in) {
        return new FrameReader(new PeerStream(in), LIMITS, budget, patience, clock);
    }

    private static byte[] frames(int... lengths) {
        ByteBuffer bytes = ByteBuffer.allocate(4_000_000);
        for (int length : lengths) {
            bytes.putInt(length);
            for (int i = 0; i < length; i++) {
                bytes.put((byte) (length + i));
            }
        }
        byte[] exact = new byte[bytes.position()];
        bytes.get(0, exact);
        return exact;
    }

    private static void assertFrame(Incoming incoming, int length) {
        assertThat(incoming).isInstanceOfSatisfying(Incoming.Frame.class, frame -> {
            assertThat(frame.bytes().remaining()).isEqualTo(length);
            for (int i = 0; i < length; i++) {
                if (frame.bytes().get(i) != (byte) (length + i)) {
                    throw new AssertionError("byte " + i + " of " + length);
                }
            }
            assertThat(frame.bytes().hasArray()).isTrue();
            frame.share().close();
        });
    }

    @Test
    void cutsFramesHoweverTheBytesCome() throws Exception {
        int[] lengths = {1, 5, 4_091, 4_092, 4_093, 4_096, 8_192, 70_000, 300_000, 2, 1};
        for (int atOnce : new int[] {1, 3, 4_096, 65_536, 1 << 30}) {
            FrameReader reader = reader(new SlowStream(frames(lengths), atOnce, Duration.ZERO));
            for (int length : lengths) {
                assertFrame(reader.next(), length);
            }
            assertThat(reader.next()).isInstanceOf(Incoming.End.class);
        }
        assertThat(budget.used()).isZero();
    }

    @Test
    void cutsFramesThatComeInRandomPieces() throws Exception {
        for (int seed = 0; seed < 50; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int[] lengths = random.ints(20, 1, 20_000).toArray();
            byte[] bytes = frames(lengths);
            FrameReader reader = reader(new InputStream() {
                private int at;

                @Override
                public int read() {
                    throw new UnsupportedOperationException("one at a time");
                }

                @Override
                public int read(byte[] target, int from, int count) {
                    if (at == bytes.length) {
                        return -1;
                    }
                    int given = Math.min(bytes.length - at, random.nextInt(1, count + 1));
                    System.arraycopy(bytes, at, target, from, given);
                    at += given;
                    return given;
                }
            });
            for (int length : lengths) {
                assertFrame(reader.next(), length);
            }
            assertThat(reader.next()).as("seed %d", seed).isInstanceOf(Incoming.End.class);
        }
    }

    @Test
    void refusesLengthsOutOfRange() throws Exception {
        for (int length : new int[] {0, -1, Integer.MIN_VALUE, LIMITS.frames().maxBytes() + 1, Integer.MAX_VALUE}) {
            byte[] bytes = ByteBuffer.allocate(100).putInt(0, length).array();
            assertThat(reader(new ByteArrayInputStream(bytes)).next()).isEqualTo(new Incoming.BadLength(length));
        }
        assertThat(budget.used()).isZero();
    }

    @Test
    void refusesAFrameThatTheBudgetCanNeverHold() throws Exception {
        FrameBudget small = new FrameBudget(clock, 8_000, 8_000);
        byte[] bytes = frames(small.largestFrame() + 1);
        FrameReader reader =
                new FrameReader(new PeerStream(new ByteArrayInputStream(bytes)), LIMITS, small, patience, clock);

        assertThat(reader.next()).isEqualTo(new Incoming.BadLength(small.largestFrame() + 1));
    }

    @Test
    void tellsWhereThePeerLeft() throws Exception {
        byte[] whole = frames(5_000);
        for (int left : new int[] {1, 3, 4, 5, 4_096, 5_003}) {
            FrameReader reader = reader(new ByteArrayInputStream(whole, 0, left));
            assertThat(reader.next()).as("after %d bytes", left).isInstanceOf(Incoming.CutOff.class);
        }
        assertThat(budget.used()).isZero();
    }

    @Test
    void asksForNoMoreMemoryThanFourTimesWhatHasArrived() throws Exception {
        int length = 4_000_000;
        byte[] head = ByteBuffer.allocate(200_004).putInt(0, length).array();
        SlowStream stream = new SlowStream(head, 10_000, Duration.ZERO);

        assertThat(reader(stream).next()).isInstanceOf(Incoming.CutOff.class);
        // 200,000 bytes came of 4,000,000 announced.
        assertThat(stream.largestRequest).isLessThan(800_000);
    }

    @Test
    void waitsTenMinutesForARequest() throws Exception {
        assertThat(exceeded(frames(10), 100, Duration.ofMinutes(10).minusNanos(1)))
                .containsOnly(Patience.Wait.NOTHING);
        assertThat(exceeded(frames(10), 100, Duration.ofMinutes(10)).get(0)).isEqualTo(Patience.Wait.REQUEST);
    }

    @Test
    void waitsThirtySecondsForTheRestOfAFrame() throws Exception {
        // Four bytes at a time: the length, then three times four after a pause each.
        List<Patience.Wait> inTime =
                exceeded(frames(12), 4, Duration.ofSeconds(10).minusNanos(1));
        assertThat(inTime).containsOnly(Patience.Wait.NOTHING);

        List<Patience.Wait> late = exceeded(frames(16), 4, Duration.ofSeconds(10));
        assertThat(late.subList(0, 3)).containsOnly(Patience.Wait.NOTHING);
        assertThat(late.get(3)).isEqualTo(Patience.Wait.FRAME);
    }

    @Test
    void waitsLongerForAFrameThatKeepsUpThePace() throws Exception {
        int perSecond = LIMITS.times().frameBytesPerSecond();
        List<Patience.Wait> fast = exceeded(frames(100 * perSecond), perSecond + 2_000, Duration.ofSeconds(1));
        assertThat(fast).containsOnly(Patience.Wait.NOTHING).hasSizeGreaterThan(80);

        List<Patience.Wait> slow = exceeded(frames(100 * perSecond), perSecond - 2_000, Duration.ofSeconds(1));
        assertThat(slow.subList(0, 29)).containsOnly(Patience.Wait.NOTHING);
        assertThat(slow.get(40)).isEqualTo(Patience.Wait.FRAME);
    }

    private List<Patience.Wait> exceeded(byte[] bytes, int atOnce, Duration pause) throws Exception {
        SlowStream stream = new SlowStream(bytes, atOnce, pause);
        Incoming incoming = reader(stream).next();
        assertThat(incoming).isInstanceOf(Incoming.Frame.class);
        ((Incoming.Frame) incoming).share().close();
        assertThat(patience.exceeded(clock)).isEqualTo(Patience.Wait.NOTHING);
        return stream.exceeded;
    }

    @Test
    void throwsAwayWhatStillComes() throws Exception {
        FrameReader reader = reader(new ByteArrayInputStream(frames(100, 200)));
        assertFrame(reader.next(), 100);
        reader.discard();

        assertThat(reader.next()).isInstanceOf(Incoming.End.class);
    }
}
