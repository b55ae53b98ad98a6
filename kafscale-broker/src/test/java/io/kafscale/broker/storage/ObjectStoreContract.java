// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.storage.StorageException.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link ObjectStore} does. Each implementation has a subclass that opens one. */
@Timeout(60)
public abstract class ObjectStoreContract extends UploadContract {

    private void put(String key) {
        assertThat(store.put(new ObjectKey(key), List.of(bytes(key)))).isEqualTo(new PutResult.Created());
    }

    private List<String> list(String prefix, String after, int max) {
        return store.list(prefix, after, max).stream()
                .map(info -> info.key().value())
                .toList();
    }

    // Writing

    @Test
    void readsBackWhatWasPut() {
        assertThat(store.put(KEY, List.of(bytes("hello ")))).isEqualTo(new PutResult.Created());

        assertThat(text(store.read(KEY, 0, 6))).isEqualTo("hello ");
    }

    @Test
    void joinsTheSlicesInOrder() {
        store.put(KEY, List.of(bytes("one,"), bytes(""), bytes("two,"), bytes("three")));

        assertThat(text(store.read(KEY, 0, 13))).isEqualTo("one,two,three");
    }

    @Test
    void writesOnlyWhatLiesBetweenPositionAndLimitAndMovesNeither() {
        ByteBuffer slice = bytes("[body]").position(1).limit(5);

        store.put(KEY, List.of(slice));

        assertThat(text(store.readTail(KEY, 100))).isEqualTo("body");
        assertThat(slice.position()).isEqualTo(1);
        assertThat(slice.limit()).isEqualTo(5);
    }

    @Test
    void takesDirectAndReadOnlyBuffers() {
        ByteBuffer direct = ByteBuffer.allocateDirect(6).put(bytes("direct")).flip();

        store.put(KEY, List.of(direct, bytes("+read-only").asReadOnlyBuffer()));

        assertThat(text(store.readTail(KEY, 100))).isEqualTo("direct+read-only");
    }

    @Test
    void keepsItsOwnCopyOfTheBytes() {
        ByteBuffer body = bytes("before");
        store.put(KEY, List.of(body));

        body.put(0, (byte) 'X');

        assertThat(text(store.readTail(KEY, 100))).isEqualTo("before");
    }

    @Test
    void putsAnEmptyObject() {
        assertThat(store.put(KEY, List.of())).isEqualTo(new PutResult.Created());

        assertThat(store.read(KEY, 0, 0).remaining()).isZero();
        assertThat(store.readTail(KEY, 10).remaining()).isZero();
        assertThat(store.list("", "", 10))
                .singleElement()
                .satisfies(info -> assertThat(info.sizeBytes()).isZero());
    }

    @Test
    void putsALargeObjectOfManySlices() {
        byte[] content = new byte[9 * 1024 * 1024 + 17];
        new Random(7).nextBytes(content);
        List<ByteBuffer> slices = new ArrayList<>();
        int at = 0;
        int size = 1;
        while (at < content.length) {
            int length = Math.min(size, content.length - at);
            slices.add(ByteBuffer.wrap(content, at, length));
            at += length;
            size = size % 5000 + 1;
        }

        assertThat(store.put(KEY, slices)).isEqualTo(new PutResult.Created());

        assertThat(store.read(KEY, 0, content.length)).isEqualTo(ByteBuffer.wrap(content));
        assertThat(store.readTail(KEY, 1_500_000))
                .isEqualTo(ByteBuffer.wrap(content, content.length - 1_500_000, 1_500_000));
    }

    @Test
    void leavesATakenNameUntouched() {
        store.put(KEY, List.of(bytes("first")));

        assertThat(store.put(KEY, List.of(bytes("second")))).isEqualTo(new PutResult.AlreadyExists());

        assertThat(text(store.readTail(KEY, 100))).isEqualTo("first");
    }

    @Test
    void letsExactlyOneOfSixteenWritersWin() throws InterruptedException {
        for (int round = 0; round < 20; round++) {
            ObjectKey key = new ObjectKey("contended/" + round);
            ConcurrentLinkedQueue<Integer> winners = new ConcurrentLinkedQueue<>();
            race(16, writer -> {
                PutResult result = store.put(key, List.of(bytes("writer " + writer)));
                if (result instanceof PutResult.Created) {
                    winners.add(writer);
                }
            });

            assertThat(winners).hasSize(1);
            assertThat(text(store.readTail(key, 100))).isEqualTo("writer " + winners.peek());
        }
    }

    @Test
    void showsAnObjectWholeOrNotAtAllWhileItIsWritten() throws InterruptedException {
        byte[] content = new byte[1024 * 1024];
        ConcurrentLinkedQueue<String> faults = new ConcurrentLinkedQueue<>();
        race(8, worker -> {
            for (int i = 0; i < 10; i++) {
                ObjectKey key = new ObjectKey("whole/" + i);
                if (worker == 0) {
                    store.put(key, List.of(ByteBuffer.wrap(content)));
                }
                store.list("whole/", "", 1000).stream()
                        .filter(info -> info.sizeBytes() != content.length)
                        .forEach(info -> faults.add(info.toString()));
            }
        });

        assertThat(faults).isEmpty();
        assertThat(store.list("whole/", "", 1000)).hasSize(10);
    }

    @Test
    void takesKeysOfEveryShape() {
        List<String> odd = Stream.of(
                        "a",
                        "A.B",
                        "-",
                        "_",
                        "...",
                        ".hidden/.file",
                        "-dash/--",
                        "x/y/z/" + "d/".repeat(100) + "end",
                        "long/" + "n".repeat(255),
                        "longer/" + "n".repeat(256),
                        "longer/" + "n".repeat(700) + "/" + "m".repeat(300),
                        "q".repeat(1024))
                .filter(key -> Stream.of(key.split("/", -1)).allMatch(part -> part.length() <= longestPart()))
                .toList();

        odd.forEach(this::put);

        for (String key : odd) {
            assertThat(text(store.readTail(new ObjectKey(key), 2000))).isEqualTo(key);
        }
        assertThat(list("", "", 1000)).isEqualTo(odd.stream().sorted().toList());
    }

    // Reading

    @Test
    void readsRangesUpToBothEnds() {
        store.put(KEY, List.of(bytes("0123456789")));

        assertThat(text(store.read(KEY, 0, 1))).isEqualTo("0");
        assertThat(text(store.read(KEY, 3, 4))).isEqualTo("3456");
        assertThat(text(store.read(KEY, 9, 1))).isEqualTo("9");
        assertThat(text(store.read(KEY, 0, 10))).isEqualTo("0123456789");
        assertThat(text(store.read(KEY, 10, 0))).isEmpty();
    }

    @Test
    void refusesARangeThatTheObjectDoesNotHave() {
        store.put(KEY, List.of(bytes("0123456789")));

        assertFails(Kind.OUT_OF_RANGE, () -> store.read(KEY, 9, 2));
        assertFails(Kind.OUT_OF_RANGE, () -> store.read(KEY, 10, 1));
        assertFails(Kind.OUT_OF_RANGE, () -> store.read(KEY, 11, 0));
        assertFails(Kind.OUT_OF_RANGE, () -> store.read(KEY, Long.MAX_VALUE, 1));
        assertFails(Kind.OUT_OF_RANGE, () -> store.read(KEY, 0, Integer.MAX_VALUE));
    }

    @Test
    void refusesARangeThatIsNone() {
        store.put(KEY, List.of(bytes("0123456789")));

        assertThatThrownBy(() -> store.read(KEY, -1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store.read(KEY, 0, -1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store.readTail(KEY, -1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void readsTheTail() {
        store.put(KEY, List.of(bytes("0123456789")));

        assertThat(text(store.readTail(KEY, 3))).isEqualTo("789");
        assertThat(text(store.readTail(KEY, 10))).isEqualTo("0123456789");
        assertThat(text(store.readTail(KEY, 11))).isEqualTo("0123456789");
        assertThat(text(store.readTail(KEY, Integer.MAX_VALUE))).isEqualTo("0123456789");
        assertThat(text(store.readTail(KEY, 0))).isEmpty();
    }

    @Test
    void givesBuffersThatTheCallerMayChange() {
        store.put(KEY, List.of(bytes("0123456789")));
        ByteBuffer range = store.read(KEY, 2, 4);
        ByteBuffer tail = store.readTail(KEY, 4);

        assertThat(range.position()).isZero();
        assertThat(range.remaining()).isEqualTo(4);
        range.put(0, (byte) 'X');
        tail.put(0, (byte) 'X');

        assertThat(text(store.readTail(KEY, 10))).isEqualTo("0123456789");
    }

    @Test
    void saysThatAnObjectIsNotThere() {
        put("there/is/another");

        assertFails(Kind.NOT_FOUND, () -> store.read(KEY, 0, 0));
        assertFails(Kind.NOT_FOUND, () -> store.readTail(KEY, 1));
        assertFails(Kind.NOT_FOUND, () -> store.readTail(new ObjectKey("there/is"), 1));
        assertFails(Kind.NOT_FOUND, () -> store.readTail(new ObjectKey("there/is/another/below"), 1));
        assertThatThrownBy(() -> store.readTail(KEY, 1)).hasMessageContaining(KEY.value());
    }

    // Listing

    @Test
    void listsInTheOrderOfTheBytes() {
        List<String> keys = List.of("a-b", "a.b", "a/b", "a0b", "aB", "a_b", "ab", "ab/c", "B/x", "a/b-c", "a/b0");
        keys.forEach(key -> put(key + "/" + "object"));

        assertThat(list("", "", 1000))
                .isEqualTo(keys.stream().map(key -> key + "/object").sorted().toList());
    }

    @Test
    void listsWhatStartsWithThePrefix() {
        List.of("p/one", "p/other", "p/on/e", "q/one", "p").stream()
                .filter(key -> !key.equals("p"))
                .forEach(this::put);

        assertThat(list("p/on", "", 10)).containsExactly("p/on/e", "p/one");
        assertThat(list("p/", "", 10)).containsExactly("p/on/e", "p/one", "p/other");
        assertThat(list("p/one", "", 10)).containsExactly("p/one");
        assertThat(list("p/one/", "", 10)).isEmpty();
        assertThat(list("p/on/e/", "", 10)).isEmpty();
        assertThat(list("nothing", "", 10)).isEmpty();
    }

    @Test
    void takesAnyTextAsPrefixAndAsBeginning() {
        put("p/one");

        assertThat(list("..", "", 10)).isEmpty();
        assertThat(list("../", "", 10)).isEmpty();
        assertThat(list("/", "", 10)).isEmpty();
        assertThat(list("p//", "", 10)).isEmpty();
        assertThat(list("p/../p", "", 10)).isEmpty();
        assertThat(list("p/one\u0000", "", 10)).isEmpty();
        assertThat(list("p/one~\u00e4 ", "", 10)).isEmpty();
        assertThat(list("", "\u0000/../", 10)).containsExactly("p/one");
        assertThat(list("", "p/\u00e4", 10)).isEmpty();
    }

    @Test
    void listsOnlyWhatLiesBehind() {
        List.of("l/1", "l/2", "l/3/a", "l/3/b", "l/4").forEach(this::put);

        assertThat(list("l/", "l/2", 10)).containsExactly("l/3/a", "l/3/b", "l/4");
        assertThat(list("l/", "l/3/a", 10)).containsExactly("l/3/b", "l/4");
        assertThat(list("l/", "l/3/", 10)).containsExactly("l/3/a", "l/3/b", "l/4");
        assertThat(list("l/", "l/3/bb", 10)).containsExactly("l/4");
        assertThat(list("l/", "l/4", 10)).isEmpty();
        assertThat(list("l/3", "a", 10)).containsExactly("l/3/a", "l/3/b");
        assertThat(list("l/3", "m", 10)).isEmpty();
    }

    @Test
    void listsInPagesWithoutHolesOrDoubles() {
        List<String> keys = IntStream.range(0, 137)
                .mapToObj(i -> "pages/" + i % 7 + "/" + String.format("%03d", i))
                .toList();
        keys.forEach(this::put);

        List<String> found = new ArrayList<>();
        List<String> page = list("pages/", "", 10);
        while (!page.isEmpty()) {
            assertThat(page).hasSizeLessThanOrEqualTo(10);
            found.addAll(page);
            page = list("pages/", page.getLast(), 10);
        }

        assertThat(found).isEqualTo(keys.stream().sorted().toList());
    }

    @Test
    void answersFewerThanAskedForOnlyAtTheEnd() {
        IntStream.range(0, 25).forEach(i -> put("full/" + i % 5 + "/" + i));

        assertThat(list("full/", "", 24)).hasSize(24);
        assertThat(list("full/", "", 26)).hasSize(25);
    }

    @Test
    void refusesAListingWithoutABound() {
        assertThatThrownBy(() -> store.list("", "", 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store.list("", "", 1001)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void listsSizeAndTime() {
        put("l/a");
        put("l/longer");

        List<ObjectInfo> infos = store.list("l/", "", 10);

        assertThat(infos).extracting(ObjectInfo::sizeBytes).containsExactly(3L, 8L);
        assertThat(infos)
                .allSatisfy(info -> assertThat(info.lastModifiedMillis()).isGreaterThan(1_600_000_000_000L));
    }

    @Test
    void listsNothingInAnEmptyStore() {
        assertThat(store.list("", "", 1000)).isEmpty();
    }

    // Deleting

    @Test
    void deletesWhatIsNamedAndNothingElse() {
        List.of("d/1", "d/2", "d/3").forEach(this::put);

        store.delete(List.of(new ObjectKey("d/1"), new ObjectKey("d/3"), new ObjectKey("d/never-was")));

        assertThat(list("", "", 10)).containsExactly("d/2");
        assertFails(Kind.NOT_FOUND, () -> store.readTail(new ObjectKey("d/1"), 1));
        assertThat(text(store.readTail(new ObjectKey("d/2"), 10))).isEqualTo("d/2");
    }

    @Test
    void deletesTwiceAndNothingAtAllWithoutComplaint() {
        put("d/1");

        store.delete(List.of(new ObjectKey("d/1")));
        store.delete(List.of(new ObjectKey("d/1"), new ObjectKey("d"), new ObjectKey("d/1/below")));
        store.delete(List.of());

        assertThat(store.list("", "", 10)).isEmpty();
    }

    @Test
    void freesADeletedName() {
        put("d/deep/1");
        store.delete(List.of(new ObjectKey("d/deep/1")));

        put("d/deep/1");

        assertThat(list("", "", 10)).containsExactly("d/deep/1");
    }

    @Test
    void deletesBesideWritersInTheSameFolder() throws InterruptedException {
        List<String> kept = keptInFolders() ? List.of("busy/folder/kept") : List.of();
        kept.forEach(this::put);
        race(4, worker -> {
            for (int i = 0; i < 100; i++) {
                ObjectKey key = new ObjectKey("busy/folder/" + worker + "-" + i);
                assertThat(store.put(key, List.of(bytes("x")))).isEqualTo(new PutResult.Created());
                assertThat(text(store.readTail(key, 1))).isEqualTo("x");
                store.delete(List.of(key));
            }
        });

        assertThat(list("", "", 10)).isEqualTo(kept);
    }

    // Callers

    @Test
    void saysInterruptedAndKeepsTheFlag() {
        store.put(KEY, List.of(bytes("0123456789")));
        ObjectKey other = new ObjectKey("other");

        assertInterrupted(() -> store.put(other, List.of(bytes("x"))));
        assertInterrupted(() -> store.read(KEY, 0, 1));
        assertInterrupted(() -> store.readTail(KEY, 1));
        assertInterrupted(() -> store.list("", "", 1));
        assertInterrupted(() -> store.delete(List.of(KEY)));
        assertInterrupted(() -> store.upload(other));
        try (ObjectUpload upload = store.upload(other)) {
            assertInterrupted(() -> upload.write(bytes("x")));
        }

        assertThat(list("", "", 10)).containsExactly(KEY.value());
        assertThat(text(store.readTail(KEY, 100))).isEqualTo("0123456789");
    }

    private static void assertInterrupted(ThrowingCallable call) {
        Thread.currentThread().interrupt();
        try {
            assertFails(Kind.INTERRUPTED, call);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void refusesEverythingOnceClosed() {
        put("c/1");
        store.close();
        store.close();

        ObjectKey key = new ObjectKey("c/1");
        assertFails(Kind.REFUSED, () -> store.put(new ObjectKey("c/2"), List.of()));
        assertFails(Kind.REFUSED, () -> store.read(key, 0, 1));
        assertFails(Kind.REFUSED, () -> store.readTail(key, 1));
        assertFails(Kind.REFUSED, () -> store.list("", "", 1));
        assertFails(Kind.REFUSED, () -> store.delete(List.of(key)));
        assertFails(Kind.REFUSED, () -> store.upload(key));
        assertFails(Kind.REFUSED, () -> store.listUploads("", 0));
        assertFails(Kind.REFUSED, () -> store.abortUploads(List.of()));
    }
}
