// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.disk.FaultyDisk;
import io.kafscale.broker.disk.FaultyDisk.Manner;
import io.kafscale.broker.disk.ForgetfulDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever fails or crashes: an object that was created is there, whole, and one that was refused is not. */
@Timeout(300)
final class ObjectCrashTest {

    private static final List<String> KEYS = List.of("a/1", "a/2", "b/c/d/3", "b/c/4", "top", "z".repeat(300) + "/5");

    @TempDir
    private Path home;

    private int images;

    private static ByteBuffer content(String key) {
        byte[] bytes = new byte[3000];
        new Random(key.hashCode()).nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }

    private static PutResult put(ObjectStore store, String key) {
        ByteBuffer content = content(key);
        return store.put(new ObjectKey(key), List.of(content.slice(0, 1000), content.slice(1000, 2000)));
    }

    /** Every object that is there is whole; says which are. */
    private static List<String> wholeObjects(ObjectStore store) {
        List<String> found = new ArrayList<>();
        for (ObjectInfo info : store.list("", "", 1000)) {
            assertThat(store.readTail(info.key(), 10_000))
                    .isEqualTo(content(info.key().value()));
            found.add(info.key().value());
        }
        return found;
    }

    private Path newImage() throws IOException {
        images++;
        return Files.createDirectory(home.resolve("image" + images));
    }

    @Test
    void keepsWhatWasCreatedThroughALossOfPowerAtAnyOperation() throws IOException {
        Path directory = Files.createDirectory(home.resolve("original"));
        ForgetfulDisk disk = new ForgetfulDisk(directory);
        Map<String, Integer> answeredAt = new HashMap<>();
        try (FileObjectStore store = FileObjectStore.open(disk, directory)) {
            for (String key : KEYS) {
                assertThat(put(store, key)).isEqualTo(new PutResult.Created());
                answeredAt.put(key, disk.operations());
            }
        }
        Random random = new Random(1);
        for (int operations = 0; operations <= disk.operations(); operations++) {
            for (int round = 0; round < 3; round++) {
                Path image = newImage();
                disk.layOutAfterPowerLoss(operations, random, image);
                checkImage(image, answeredAt, operations);
            }
            Path image = newImage();
            disk.layOutAfterKill(operations, random, image);
            checkImage(image, answeredAt, operations);
        }
    }

    private static void checkImage(Path image, Map<String, Integer> answeredAt, int operations) {
        try (FileObjectStore store = FileObjectStore.open(new ForgetfulDisk(image), image)) {
            List<String> found = wholeObjects(store);
            answeredAt.forEach((key, at) -> {
                if (at <= operations) {
                    assertThat(found).as("after %d operations", operations).contains(key);
                }
            });
            assertThat(put(store, "next/object")).isEqualTo(new PutResult.Created());
        }
    }

    @Test
    void keepsADeletionThroughALossOfPower() throws IOException {
        Path directory = Files.createDirectory(home.resolve("original"));
        ForgetfulDisk disk = new ForgetfulDisk(directory);
        try (FileObjectStore store = FileObjectStore.open(disk, directory)) {
            put(store, "a/1");
            put(store, "a/2");
            put(store, "b/c/3");
            store.delete(List.of(new ObjectKey("a/1"), new ObjectKey("b/c/3")));
        }
        Random random = new Random(2);
        for (int round = 0; round < 20; round++) {
            Path image = newImage();
            disk.layOutAfterPowerLoss(disk.operations(), random, image);
            try (FileObjectStore store = FileObjectStore.open(new ForgetfulDisk(image), image)) {
                assertThat(wholeObjects(store)).containsExactly("a/2");
            }
        }
    }

    @Test
    void keepsItsWordWhicheverOperationFails() throws IOException {
        FaultyDisk sound = new FaultyDisk();
        run(sound, "nothing failing");
        assertThat(sound.operations()).isGreaterThan(KEYS.size() * 6L);
        for (long number = 1; number <= sound.operations(); number++) {
            for (Manner manner : Manner.values()) {
                run(new FaultyDisk().failing(number, manner), "operation " + number + " failing " + manner);
            }
        }
    }

    private void run(FaultyDisk disk, String description) throws IOException {
        Path directory = newImage();
        List<String> created = new ArrayList<>();
        List<String> absent = new ArrayList<>();
        try (FileObjectStore store = FileObjectStore.open(disk, directory)) {
            for (String key : KEYS) {
                try {
                    PutResult result = put(store, key);
                    assertThat(result).as(description).isNotInstanceOf(PutResult.AlreadyExists.class);
                    if (result instanceof PutResult.Created) {
                        created.add(key);
                    }
                } catch (StorageException e) {
                    absent.add(key);
                }
            }
            check(store, created, absent, description);
        } catch (StorageException e) {
            assertThat(created).as(description + " at opening").isEmpty();
        }
        try (FileObjectStore store = FileObjectStore.open(new ForgetfulDisk(directory), directory)) {
            check(store, created, absent, description + ", opened again");
        }
    }

    private static void check(ObjectStore store, List<String> created, List<String> absent, String description) {
        List<String> found = wholeObjects(store);
        assertThat(found).as(description).containsAll(created);
        assertThat(found).as(description).noneMatch(absent::contains);
        assertThat(absent).as(description).hasSizeLessThanOrEqualTo(1);
    }
}
