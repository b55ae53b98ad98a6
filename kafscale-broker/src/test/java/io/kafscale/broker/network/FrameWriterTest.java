// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.time.ManualClock;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Pieces leave in order and whole, the small ones together. */
class FrameWriterTest {

    private static final Duration STALL = Duration.ofSeconds(30);

    private final ManualClock clock = new ManualClock();
    private final Patience patience = new Patience();
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final List<Integer> writes = new ArrayList<>();
    private Duration pause = Duration.ZERO;
    private final List<Patience.Wait> exceeded = new ArrayList<>();

    private final FrameWriter writer = new FrameWriter(
            new OutputStream() {
                @Override
                public void write(int one) {
                    throw new UnsupportedOperationException("one at a time");
                }

                @Override
                public void write(byte[] bytes, int from, int count) {
                    clock.advance(pause);
                    exceeded.add(patience.exceeded(clock));
                    writes.add(count);
                    sent.write(bytes, from, count);
                }
            },
            ListenerFixture.LIMITS.times(),
            patience,
            clock);

    @Test
    void sendsAnyMixtureOfPiecesInOrder() throws IOException {
        for (int seed = 0; seed < 100; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            sent.reset();
            List<ByteBuffer> pieces = new ArrayList<>();
            ByteArrayOutputStream expected = new ByteArrayOutputStream();
            for (int i = random.nextInt(1, 12); i > 0; i--) {
                ByteBuffer piece = piece(random);
                pieces.add(piece);
                byte[] content = new byte[piece.remaining()];
                piece.get(piece.position(), content);
                expected.writeBytes(content);
            }
            writer.write(pieces);
            assertThat(sent.toByteArray()).as("seed %d", seed).isEqualTo(expected.toByteArray());
        }
    }

    /** Short or long, at the beginning of an array or not, writable or not. */
    private static ByteBuffer piece(SplittableRandom random) {
        int length = random.nextInt(random.nextBoolean() ? 200 : 300_000);
        byte[] bytes = new byte[length + 10];
        random.nextBytes(bytes);
        return switch (random.nextInt(4)) {
            case 0 -> ByteBuffer.wrap(bytes);
            case 1 -> ByteBuffer.wrap(bytes, 3, length);
            case 2 -> ByteBuffer.wrap(bytes).position(5).slice().limit(length);
            default -> ByteBuffer.wrap(bytes, 0, length).asReadOnlyBuffer();
        };
    }

    @Test
    void gathersSmallPiecesIntoOneWrite() throws IOException {
        writer.write(List.of(ByteBuffer.allocate(50), ByteBuffer.allocate(3_000), ByteBuffer.allocate(60)));

        assertThat(writes).containsExactly(3_110);
    }

    @Test
    void sendsLargePiecesFromTheirOwnArrays() throws IOException {
        writer.write(List.of(ByteBuffer.allocate(50), ByteBuffer.allocate(100_000), ByteBuffer.allocate(60)));

        assertThat(writes).containsExactly(50, 100_000, 60);
    }

    @Test
    void handsOverLongPiecesInSteps() throws IOException {
        writer.write(List.of(ByteBuffer.allocate(300_000)));

        assertThat(writes).containsExactly(128 << 10, 128 << 10, 300_000 - (256 << 10));
    }

    @Test
    void leavesThePiecesAsTheyWere() throws IOException {
        ByteBuffer piece = ByteBuffer.allocate(100).position(10);
        writer.write(List.of(piece, ByteBuffer.allocate(5)));

        assertThat(piece.remaining()).isEqualTo(90);
        assertThat(sent.size()).isEqualTo(95);
    }

    @Test
    void grantsAStepItsLimit() throws IOException {
        pause = STALL.minusNanos(1);
        writer.write(List.of(ByteBuffer.allocate(100_000)));
        assertThat(exceeded).containsExactly(Patience.Wait.NOTHING);

        pause = STALL;
        writer.write(List.of(ByteBuffer.allocate(10)));
        assertThat(exceeded.get(1)).isEqualTo(Patience.Wait.PEER_TO_READ);
        assertThat(patience.exceeded(clock)).isEqualTo(Patience.Wait.NOTHING);
    }

    /** 128 KiB in eight seconds is the slowest pace of 16 KiB a second. */
    @Test
    void wantsALongAnswerToKeepPace() throws IOException {
        pause = Duration.ofSeconds(8).minusNanos(1);
        writer.write(List.of(ByteBuffer.allocate(10 << 20)));
        assertThat(exceeded).containsOnly(Patience.Wait.NOTHING);

        exceeded.clear();
        pause = Duration.ofSeconds(9);
        writer.write(List.of(ByteBuffer.allocate(10 << 20)));
        assertThat(exceeded.subList(0, 3)).containsOnly(Patience.Wait.NOTHING);
        assertThat(exceeded.get(10)).isEqualTo(Patience.Wait.PEER_TO_READ);
    }

    @Test
    void isPatientAgainAfterAWriteThatFailed() {
        FrameWriter broken = new FrameWriter(
                new OutputStream() {
                    @Override
                    public void write(int one) throws IOException {
                        throw new IOException("peer has left");
                    }
                },
                ListenerFixture.LIMITS.times(),
                patience,
                clock);
        assertThatThrownBy(() -> broken.write(List.of(ByteBuffer.allocate(10)))).isInstanceOf(IOException.class);
        clock.advance(STALL);

        assertThat(patience.exceeded(clock)).isEqualTo(Patience.Wait.NOTHING);
    }
}
