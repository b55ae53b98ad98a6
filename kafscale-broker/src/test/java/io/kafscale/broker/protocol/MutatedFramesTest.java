// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.kafscale.broker.protocol.ServedVersions.Served;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.apache.kafka.common.protocol.ApiMessage;

/** Whatever a peer sends, decoding ends with a verdict and takes no more memory than the frame is worth. */
class MutatedFramesTest {

    private static final RequestDecoder DECODER = new RequestDecoder(VersionTable.current(), RequestLimits.STANDARD);
    private static final List<Served> SERVED = ServedVersions.all().toList();

    /** Values that lengths and counts are likely to get wrong. */
    private static final List<Integer> NASTY =
            List.of(0, 1, -1, 0x7f, 0x80, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 100_000, 10_001);

    private static final long BYTES_PER_FRAME_BYTE = 120;
    private static final long FIXED_BYTES = 8 << 10;

    @Property(tries = 20_000)
    void endsWithAVerdictInProportion(@ForAll("served") Served served, @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        ApiMessage message =
                new RandomMessages(seed).fill(served.api().messageType.newRequest(), served.version());
        ByteBuffer frame = mutated(Frames.request(served.api(), served.version(), 1, message), random);

        assertThat(allocatedByDecoding(frame)).isLessThan(FIXED_BYTES + BYTES_PER_FRAME_BYTE * frame.remaining());
    }

    @Provide
    Arbitrary<Served> served() {
        return Arbitraries.of(SERVED);
    }

    private static ByteBuffer mutated(ByteBuffer frame, SplittableRandom random) {
        // The header's first fields stay, or most frames would not get past them.
        int body = 8;
        for (int i = random.nextInt(1, 5); i > 0 && frame.limit() > body + 4; i--) {
            int at = random.nextInt(body, frame.limit() - 4);
            switch (random.nextInt(4)) {
                case 0 -> frame.put(at, (byte) random.nextInt());
                case 1 -> frame.putInt(at, NASTY.get(random.nextInt(NASTY.size())));
                case 2 ->
                    frame.putShort(at, NASTY.get(random.nextInt(NASTY.size())).shortValue());
                default -> frame.limit(at + 1);
            }
        }
        return frame;
    }

    private static long allocatedByDecoding(ByteBuffer frame) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        // Once before, since a first time loads classes.
        DECODER.decode(frame);
        long before = threads.getCurrentThreadAllocatedBytes();
        Decoded decoded = DECODER.decode(frame);
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(decoded).isInstanceOfAny(Decoded.Request.class, Decoded.Malformed.class);
        return allocated;
    }
}
