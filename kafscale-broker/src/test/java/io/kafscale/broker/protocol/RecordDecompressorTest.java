// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.record.RecordBatch;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;

final class RecordDecompressorTest {

    private static final int RECORDS_AT = RecordBatch.HEADER_BYTES;

    private final RecordDecompressor decompressor = new RecordDecompressor();

    private static ByteBuffer packed(CompressionType type, int records, String value) {
        List<SimpleRecord> all = new ArrayList<>();
        for (int i = 0; i < records; i++) {
            all.add(new SimpleRecord(1_000 + i, (value + i).getBytes(StandardCharsets.UTF_8)));
        }
        return MemoryRecords.withRecords(Compression.of(type).build(), all.toArray(SimpleRecord[]::new))
                .buffer();
    }

    private ByteBuffer opened(ByteBuffer batch) {
        return decompressor.decompress(RecordBatch.at(batch, 0)).orElseThrow();
    }

    @Test
    void everyCodecGivesTheSameRecords() {
        ByteBuffer plain = packed(CompressionType.NONE, 500, "value-");
        ByteBuffer expected = plain.slice(RECORDS_AT, plain.remaining() - RECORDS_AT);

        for (CompressionType type :
                List.of(CompressionType.GZIP, CompressionType.SNAPPY, CompressionType.LZ4, CompressionType.ZSTD)) {
            ByteBuffer batch = packed(type, 500, "value-");
            assertThat(opened(batch)).as("%s", type).isEqualTo(expected);
            assertThat(opened(batch.asReadOnlyBuffer())).as("%s", type).isEqualTo(expected);
        }
    }

    @Test
    void refusesWhatGrowsBeyondItsBounds() {
        String zeros = "0".repeat(RecordDecompressor.MAX_BYTES);
        for (CompressionType type :
                List.of(CompressionType.GZIP, CompressionType.SNAPPY, CompressionType.LZ4, CompressionType.ZSTD)) {
            ByteBuffer batch = packed(type, 1, zeros);

            assertThat(decompressor.decompress(RecordBatch.at(batch, 0)))
                    .as("%s", type)
                    .isEmpty();
        }
    }

    @Test
    void refusesABlockThatClaimsToBeHuge() {
        ByteBuffer batch = packed(CompressionType.SNAPPY, 10, "value-");
        int firstBlock = RECORDS_AT + 16 + 4;
        for (int i = 0; i < 4; i++) {
            batch.put(firstBlock + i, (byte) 0xff);
        }
        batch.put(firstBlock + 4, (byte) 0x07);

        assertThat(decompressor.decompress(RecordBatch.at(batch, 0))).isEmpty();
    }

    @Test
    void bytesThatAreNotACodecsOwnGiveNothing() {
        Random random = new Random(7);
        for (CompressionType type : CompressionType.values()) {
            if (type == CompressionType.NONE) {
                continue;
            }
            for (int round = 0; round < 200; round++) {
                ByteBuffer batch = packed(type, 50, "value-");
                byte[] noise = new byte[batch.remaining() - RECORDS_AT];
                random.nextBytes(noise);
                batch.put(RECORDS_AT, noise);

                assertThat(decompressor.decompress(RecordBatch.at(batch, 0)))
                        .as("%s, round %s", type, round)
                        .isEmpty();
            }
        }
    }

    @Test
    void anUnknownCodecGivesNothing() {
        ByteBuffer batch = packed(CompressionType.GZIP, 5, "value-");
        batch.putShort(21, (short) 7);

        assertThat(decompressor.decompress(RecordBatch.at(batch, 0))).isEmpty();
    }
}
