// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import com.google.protobuf.ByteString;
import io.kafscale.broker.metadata.TransactionResult.Applied;
import io.kafscale.broker.metadata.TransactionResult.Refused;
import io.kafscale.broker.metadata.TransactionResult.Unknown;
import io.kafscale.broker.metadata.Watch.Event.Changed;
import io.kafscale.broker.metadata.Watch.KeyChange;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.SystemClock;
import io.kafscale.it.process.Patience;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Stores on a real etcd and a real clock, closed after each test. Confined to one test. */
@Timeout(180)
abstract class EtcdFixture {

    @TempDir
    protected Path folder;

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    protected <T extends AutoCloseable> T closedLater(T thing) {
        opened.push(thing);
        return thing;
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable thing : opened) {
            thing.close();
        }
    }

    protected EtcdMetadataStore open(EtcdSettings settings) throws InterruptedException {
        return closedLater(EtcdMetadataStore.open(settings, Duration.ofSeconds(10), new SystemClock()));
    }

    protected static ByteString value(String text) {
        return ByteString.copyFromUtf8(text);
    }

    protected static Transaction creation(String key) {
        return Transaction.when(Compare.absent(key)).put(key, value(key)).build();
    }

    /** Creates a key, however often that must be tried; a lost answer is looked up. */
    protected static void create(MetadataStore store, String key) {
        Patience.until("key " + key + " is created", () -> {
            try {
                return switch (store.commit(creation(key))) {
                    case Applied applied -> true;
                    case Refused refused -> true;
                    case Unknown unknown -> false;
                };
            } catch (MetadataException e) {
                return false;
            }
        });
    }

    /** Follows a watch until it has told of so many changes. */
    protected static List<String> follow(Watch watch, int count) throws InterruptedException {
        List<String> keys = new ArrayList<>();
        while (keys.size() < count && watch.next(Deadline.NEVER) instanceof Changed changed) {
            changed.changes().stream().map(KeyChange::key).forEach(keys::add);
        }
        return keys;
    }
}
