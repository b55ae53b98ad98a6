// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kafscale.broker.disk.ForgetfulDisk;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A damaged file is never taken for a shorter one: only what may be a torn last write is cut off. */
@Timeout(300)
final class MetadataDamageTest {

    private static final MetadataLog.Steps SMALL_STEPS = new MetadataLog.Steps(40, 1_000_000);
    private static final int TRANSACTIONS = 5;

    @TempDir
    private Path home;

    private final ManualClock clock = new ManualClock();
    private final SystemThreads threads = new SystemThreads();

    /** The file as it was before the store was closed, and after. */
    private byte[] killed = new byte[0];

    private byte[] closed = new byte[0];

    /** Where the frames end: header, snapshot, session, one for each transaction, and the last word. */
    private final List<Long> ends = new ArrayList<>();

    private final List<Snapshot> states = new ArrayList<>();

    @BeforeEach
    void writeFile() throws IOException {
        try (FileMetadataStore store = open()) {
            states.add(store.range(""));
            for (int i = 0; i < TRANSACTIONS; i++) {
                store.commit(Transaction.when()
                        .put("key/" + i, ByteString.copyFromUtf8("value " + i))
                        .delete("key/" + (i - 2))
                        .build());
                states.add(store.range(""));
            }
            killed = Files.readAllBytes(file());
        }
        closed = Files.readAllBytes(file());
        findEnds();
    }

    private Path file() {
        return home.resolve("metadata").resolve(MetadataLog.FILE_NAME);
    }

    private FileMetadataStore open() {
        return FileMetadataStore.open(new ForgetfulDisk(home), home, SMALL_STEPS, clock, threads);
    }

    private void findEnds() {
        ByteBuffer bytes = ByteBuffer.wrap(closed);
        int position = LogFrames.HEADER_BYTES;
        ends.add((long) position);
        while (position < closed.length && bytes.getLong(position) != 0) {
            position += bytes.getInt(position + 8) + LogFrames.FRAME_BYTES;
            ends.add((long) position);
        }
        assertThat(ends).hasSize(TRANSACTIONS + 4);
    }

    @AfterEach
    void endThreads() {
        threads.close();
    }

    private Snapshot read(byte[] content) throws IOException {
        Files.write(file(), content);
        try (FileMetadataStore store = open()) {
            return store.range("");
        }
    }

    private void assertCorrupt(byte[] content, String description) throws IOException {
        Files.write(file(), content);
        assertThatThrownBy(this::open)
                .as(description)
                .isInstanceOfSatisfying(
                        MetadataException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(MetadataException.Kind.CORRUPT))
                .hasMessageContaining(file().toString())
                .hasMessageContaining("position");
        assertThat(Files.readAllBytes(file()))
                .as("a damaged file is left alone")
                .isEqualTo(content);
    }

    private long end(int frame) {
        return ends.get(frame);
    }

    /** How many transactions lie wholly before the position. */
    private int transactionsBefore(long position) {
        int count = 0;
        while (count < TRANSACTIONS && end(count + 3) <= position) {
            count++;
        }
        return count;
    }

    @Test
    void losesOnlyTheTornFrameWhereverTheFileEnds() throws IOException {
        for (int length = 0; length < killed.length; length++) {
            byte[] cut = Arrays.copyOf(killed, length);
            if (length < end(1)) {
                assertCorrupt(cut, "cut at " + length);
            } else {
                assertThat(read(cut)).as("cut at %d", length).isEqualTo(states.get(transactionsBefore(length)));
            }
        }
    }

    @Test
    void losesOnlyTheTornFrameWhereverTheBytesTurnIntoZeros() throws IOException {
        for (int length = (int) end(1); length < killed.length; length++) {
            byte[] zeroed = killed.clone();
            Arrays.fill(zeroed, length, zeroed.length, (byte) 0);

            assertThat(read(zeroed)).as("zeros from %d", length).isEqualTo(states.get(transactionsBefore(length)));
        }
    }

    @Test
    void noticesEveryFlippedByteBeforeTheLastFrame() throws IOException {
        for (int position = 0; position < end(TRANSACTIONS + 2); position++) {
            for (int bit : new int[] {0, 7}) {
                byte[] flipped = closed.clone();
                flipped[position] ^= (byte) (1 << bit);

                assertCorrupt(flipped, "bit " + bit + " at " + position);
            }
        }
    }

    @Test
    void losesNothingWhenTheLastWordIsDamaged() throws IOException {
        for (int position = (int) end(TRANSACTIONS + 2); position < closed.length; position++) {
            byte[] flipped = closed.clone();
            flipped[position] ^= 16;

            assertThat(read(flipped)).as("flipped at %d", position).isEqualTo(states.getLast());
        }
    }

    @Test
    void noticesAHoleOfZeros() throws IOException {
        byte[] holed = closed.clone();
        Arrays.fill(holed, (int) end(3), (int) end(4), (byte) 0);

        assertCorrupt(holed, "a frame of zeros");
    }

    @Test
    void takesNoBytesOfAnotherFileForAFrame() throws IOException {
        Random random = new Random(5);
        byte[] other = closed.clone();
        ByteBuffer.wrap(other).putLong(12, random.nextLong());
        assertCorrupt(other, "another salt without its check sum");

        byte[] garbage = Arrays.copyOf(killed, killed.length + 5000);
        byte[] noise = new byte[5000];
        random.nextBytes(noise);
        System.arraycopy(noise, 0, garbage, killed.length, noise.length);
        assertThat(read(garbage)).isEqualTo(states.getLast());
    }

    @Test
    void takesNoFrameInsideAValueForOne() throws IOException {
        ByteString wholeFile = ByteString.copyFrom(closed);
        try (FileMetadataStore store = open()) {
            store.commit(Transaction.when().put("copy", wholeFile).build());
        }
        byte[] content = Files.readAllBytes(file());
        int torn = content.length;
        while (content[torn - 1] == 0) {
            torn--;
        }

        byte[] cut = Arrays.copyOf(content, torn - LogFrames.FRAME_BYTES - 10);
        assertThat(read(cut)).isEqualTo(states.getLast());
    }

    @Test
    void refusesAFileThatIsNoneOfItsOwn() throws IOException {
        assertCorrupt(
                "hello, world, this is no metadata file".getBytes(java.nio.charset.StandardCharsets.UTF_8), "text");
        assertCorrupt(new byte[1000], "zeros");
        assertCorrupt(new byte[0], "nothing");
    }

    @Test
    void refusesAFileOfALaterVersion() throws IOException {
        byte[] later = closed.clone();
        ByteBuffer header = ByteBuffer.wrap(later);
        header.putInt(8, 2);
        java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
        crc.update(later, 0, 20);
        header.putInt(20, (int) crc.getValue());

        assertCorrupt(later, "version 2");
    }

    @Test
    void refusesEntriesThatDoNotFollowEachOther() throws IOException {
        long salt = ByteBuffer.wrap(closed).getLong(12);
        for (LogEntry entry : List.of(
                new LogEntry.Applied(99, List.of(new Operation.Put("a", ByteString.EMPTY, Lease.NONE))),
                new LogEntry.LeaseEnded(99, 4),
                new LogEntry.SessionBegan(99, 5),
                new LogEntry.SnapshotBegan(1, 1, 0),
                new LogEntry.SnapshotEntry(new KeyValue("a", ByteString.EMPTY, 1, 1, Lease.NONE)))) {
            assertCorrupt(withFrame(salt, LogEntryCodec.encode(List.of(entry))), entry.toString());
        }
        assertCorrupt(withFrame(salt, ByteBuffer.wrap(new byte[] {77})), "an unknown kind");
        assertCorrupt(withFrame(salt, ByteBuffer.wrap(new byte[] {3, 0, 0})), "half an entry");
    }

    private byte[] withFrame(long salt, ByteBuffer body) {
        int end = (int) end(TRANSACTIONS + 3);
        ByteBuffer content = ByteBuffer.allocate(end + body.remaining() + LogFrames.FRAME_BYTES);
        content.put(closed, 0, end);
        LogFrames.frame(salt, end, body).forEach(content::put);
        return content.array();
    }
}
