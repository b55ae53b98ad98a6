// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class S3BodyTest {

    @Test
    void writesSlicesOfEverySizeInOrderAndTheLastBytesOnlyWhenItMay() throws IOException {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            List<ByteBuffer> slices = slices(random);
            ByteArrayOutputStream expected = new ByteArrayOutputStream();
            for (ByteBuffer slice : slices) {
                byte[] copy = new byte[slice.remaining()];
                slice.duplicate().get(copy);
                expected.write(copy);
            }
            S3Body body = S3Body.of(slices);
            ByteArrayOutputStream written = new ByteArrayOutputStream();
            List<Integer> writtenBeforeLast = new ArrayList<>();

            body.writeTo(written, () -> writtenBeforeLast.add(written.size()));

            assertThat(written.toByteArray()).as("seed %d", seed).isEqualTo(expected.toByteArray());
            assertThat(body.sizeBytes()).isEqualTo(expected.size());
            assertThat(body.stream().readAllBytes()).isEqualTo(expected.toByteArray());
            assertThat(writtenBeforeLast).as("seed %d", seed).hasSize(1);
            assertThat(writtenBeforeLast.getFirst())
                    .as("seed %d", seed)
                    .isLessThanOrEqualTo(Math.max(0, expected.size() - 1));
        }
    }

    private static List<ByteBuffer> slices(Random random) {
        List<ByteBuffer> slices = new ArrayList<>();
        int count = random.nextInt(6);
        for (int i = 0; i < count; i++) {
            int size = random.nextBoolean() ? random.nextInt(300_000) : random.nextInt(100);
            byte[] bytes = new byte[size + 2];
            random.nextBytes(bytes);
            ByteBuffer slice = ByteBuffer.wrap(bytes).position(1).limit(size + 1);
            slices.add(
                    switch (random.nextInt(3)) {
                        case 0 -> slice;
                        case 1 -> slice.asReadOnlyBuffer();
                        default -> ByteBuffer.allocateDirect(size).put(slice).flip();
                    });
        }
        return slices;
    }

    @Test
    void keepsTheLastBytesBackWhenItMayNotWriteThem() {
        ByteArrayOutputStream written = new ByteArrayOutputStream();

        assertThatThrownBy(
                        () -> S3Body.of(List.of(ByteBuffer.allocate(1_000_000))).writeTo(written, () -> {
                            throw new IOException("given up");
                        }))
                .isInstanceOf(IOException.class);

        assertThat(written.size()).isLessThan(1_000_000);
    }

    @Test
    void hasTheChecksumThatS3Wants() {
        S3Body body = S3Body.of(List.of(
                ByteBuffer.wrap("12345".getBytes(UTF_8)),
                ByteBuffer.wrap("6789".getBytes(UTF_8)).asReadOnlyBuffer()));

        // CRC-32C of 123456789 is E3069283
        assertThat(body.crc32c()).isEqualTo("4waSgw==");
    }
}
