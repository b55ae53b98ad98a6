// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.storage.StorageException.Kind;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link ObjectStore} does with objects that come piece by piece, and what all parts of its contract need. */
abstract class UploadContract {

    static final ObjectKey KEY = new ObjectKey("root/shared/one.kso");

    protected ObjectStore store;

    /** A new store without objects. */
    protected abstract ObjectStore open() throws Exception;

    /** The longest part of a key that the store takes; the interface allows no less, but some servers do. */
    protected int longestPart() {
        return 1024;
    }

    /** Whether a folder needs an object that stays, since writers would fall over its removal. */
    protected boolean keptInFolders() {
        return false;
    }

    @BeforeEach
    void openStore() throws Exception {
        store = open();
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    protected static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    protected static String text(ByteBuffer buffer) {
        return UTF_8.decode(buffer.duplicate()).toString();
    }

    protected static void assertFails(Kind kind, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StorageException.class,
                        failure -> assertThat(failure.kind()).isEqualTo(kind));
    }

    protected interface Racer {
        void run(int number);
    }

    /** Runs a body in so many threads at once and waits for all of them. */
    protected static void race(int threads, Racer body) throws InterruptedException {
        CountDownLatch start = new CountDownLatch(1);
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        List<Thread> running = IntStream.range(0, threads)
                .mapToObj(number -> Thread.ofPlatform().start(() -> {
                    try {
                        start.await();
                        body.run(number);
                    } catch (InterruptedException | RuntimeException | Error e) {
                        failures.add(e);
                    }
                }))
                .toList();
        start.countDown();
        for (Thread thread : running) {
            thread.join();
        }
        assertThat(failures).isEmpty();
    }

    // Uploading

    private static ByteBuffer random(int size, long seed) {
        byte[] content = new byte[size];
        new Random(seed).nextBytes(content);
        return ByteBuffer.wrap(content);
    }

    @Test
    void makesAnObjectOfWhatIsUploaded() {
        try (ObjectUpload upload = store.upload(KEY)) {
            ByteBuffer slice = bytes("[one,]").position(1).limit(5);
            upload.write(slice);
            assertThat(slice.position()).isEqualTo(1);
            assertThat(slice.limit()).isEqualTo(5);
            slice.put(1, (byte) 'X');
            upload.write(bytes(""));
            upload.write(ByteBuffer.allocateDirect(3).put(bytes("two")).flip().asReadOnlyBuffer());
            assertThat(store.list("", "", 1)).isEmpty();

            assertThat(upload.complete()).isEqualTo(new PutResult.Created());
        }

        assertThat(text(store.readTail(KEY, 100))).isEqualTo("one,two");
        assertThat(store.listUploads("", Long.MAX_VALUE)).isEmpty();
    }

    @Test
    void uploadsNothingAtAll() {
        try (ObjectUpload upload = store.upload(KEY)) {
            assertThat(upload.complete()).isEqualTo(new PutResult.Created());
        }

        assertThat(store.list("", "", 1).getFirst().sizeBytes()).isZero();
    }

    @Test
    void uploadsPiecesOfEverySize() {
        int part = ObjectStore.PART_BYTES;
        ByteBuffer content = random(3 * part + 12_345, 3);
        int[] sizes = {1, 4_000, part - 4_001, part + 1, 70_000, part, 500};
        try (ObjectUpload upload = store.upload(KEY)) {
            int at = 0;
            for (int i = 0; at < content.limit(); i++) {
                int length = Math.min(sizes[i % sizes.length], content.limit() - at);
                upload.write(content.slice(at, length));
                at += length;
            }
            assertThat(upload.complete()).isEqualTo(new PutResult.Created());
        }

        assertThat(store.readTail(KEY, content.limit() + 1)).isEqualTo(content);
        assertThat(store.read(KEY, part - 10, 20)).isEqualTo(content.slice(part - 10, 20));
    }

    @Test
    void uploadsExactlyTwoParts() {
        ByteBuffer content = random(2 * ObjectStore.PART_BYTES, 5);
        try (ObjectUpload upload = store.upload(KEY)) {
            upload.write(content);
            assertThat(upload.complete()).isEqualTo(new PutResult.Created());
        }

        assertThat(store.readTail(KEY, content.limit() + 1)).isEqualTo(content);
    }

    @Test
    void leavesNothingOfAnUploadThatIsClosed() {
        for (int size : new int[] {10, 2 * ObjectStore.PART_BYTES}) {
            try (ObjectUpload upload = store.upload(KEY)) {
                upload.write(random(size, 1));
            }
        }

        assertThat(store.list("", "", 1)).isEmpty();
        assertThat(store.listUploads("", Long.MAX_VALUE)).isEmpty();
    }

    @Test
    void leavesATakenNameUntouchedByAnUpload() {
        store.put(KEY, List.of(bytes("first")));
        for (int size : new int[] {10, 2 * ObjectStore.PART_BYTES}) {
            try (ObjectUpload upload = store.upload(KEY)) {
                upload.write(random(size, 1));
                assertThat(upload.complete()).isEqualTo(new PutResult.AlreadyExists());
            }
        }

        assertThat(text(store.readTail(KEY, 100))).isEqualTo("first");
        assertThat(store.listUploads("", Long.MAX_VALUE)).isEmpty();
    }

    @Test
    protected void listsAndAbortsUploadsOfAPrefixThatAreOld() {
        ObjectKey other = new ObjectKey("other/two.kso");
        try (ObjectUpload upload = store.upload(KEY);
                ObjectUpload second = store.upload(other)) {
            upload.write(random(ObjectStore.PART_BYTES + 1, 1));
            second.write(random(ObjectStore.PART_BYTES + 1, 1));
            List<UploadInfo> uploads = store.listUploads("root/sha", Long.MAX_VALUE);
            assertThat(uploads).extracting(UploadInfo::key).containsExactly(KEY);
            long started = uploads.getFirst().startedMillis();
            assertThat(started).isGreaterThan(1_600_000_000_000L);
            assertThat(store.listUploads("root/sha", started)).isEmpty();
            assertThat(store.listUploads("nothing", Long.MAX_VALUE)).isEmpty();

            store.abortUploads(uploads);
            store.abortUploads(uploads);

            assertThat(store.listUploads("root/", Long.MAX_VALUE)).isEmpty();
            assertFails(Kind.NOT_FOUND, upload::complete);
            assertThat(second.complete()).isEqualTo(new PutResult.Created());
        }
        assertThat(store.list("", "", 10)).extracting(ObjectInfo::key).containsExactly(other);
    }

    @Test
    void takesNothingMoreOnceAnUploadIsOver() {
        try (ObjectUpload upload = store.upload(KEY)) {
            upload.write(bytes("all"));
            upload.complete();

            assertFails(Kind.NOT_FOUND, () -> upload.write(bytes("more")));
            assertFails(Kind.NOT_FOUND, upload::complete);
        }

        assertThat(text(store.readTail(KEY, 100))).isEqualTo("all");
    }

    @Test
    void uploadsSideBySide() throws InterruptedException {
        race(4, worker -> {
            try (ObjectUpload upload = store.upload(new ObjectKey("side/" + worker))) {
                for (int i = 0; i < 9; i++) {
                    upload.write(random(1 << 20, worker * 100L + i));
                }
                assertThat(upload.complete()).isEqualTo(new PutResult.Created());
            }
        });

        for (int worker = 0; worker < 4; worker++) {
            assertThat(store.read(new ObjectKey("side/" + worker), 8L << 20, 1 << 20))
                    .isEqualTo(random(1 << 20, worker * 100L + 8));
        }
    }
}
