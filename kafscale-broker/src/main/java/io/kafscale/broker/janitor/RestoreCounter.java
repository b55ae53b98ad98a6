// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.proto.metadata.ClusterIdentity;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells whether the metadata was restored to an older state: a counter that is raised in the metadata first and then in the
 * bucket, there as an object for each value that says the revision of that raise, too. The bucket may be behind; the metadata
 * never is, neither with the counter nor with its revision. Each value is taken by one raise alone, so one that is taken
 * already was taken by a second copy of the metadata. Thread-safe.
 */
final class RestoreCounter {

    private static final Logger LOG = LoggerFactory.getLogger(RestoreCounter.class);
    private static final int ATTEMPTS = 10;
    private static final int MARK_BYTES = 4 << 10;

    private final JanitorEnvironment environment;
    private final RootNames names;

    RestoreCounter(JanitorEnvironment environment, RootNames names) {
        this.environment = environment;
        this.names = names;
    }

    /** The metadata's half, and the store's revision when it was read. Immutable. */
    private record Current(KeyValue entry, ClusterIdentity identity, long revision) {}

    /**
     * Compares both sides; answers what the bucket says.
     *
     * @throws RefusedException when the metadata is behind the bucket
     */
    Mark check() {
        Mark mark = newest(listed());
        compare(mark, current());
        return mark;
    }

    /**
     * Compares both sides, then raises both by one.
     *
     * @return the value of which this call is the only one
     * @throws RefusedException when the metadata is behind the bucket
     */
    long raise() {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            List<ObjectInfo> listed = listed();
            Current current = current();
            compare(newest(listed), current);
            long value = Math.addExact(current.identity().getCounter(), 1);
            TransactionResult result = environment
                    .metadata()
                    .commit(Transaction.when(Compare.unchanged(current.entry()))
                            .put(
                                    current.entry().key(),
                                    current.identity().toBuilder()
                                            .setCounter(value)
                                            .build()
                                            .toByteString())
                            .build());
            if (result instanceof TransactionResult.Applied(long revision)) {
                put(current.identity().getUuid(), value, revision, listed);
                return value;
            }
        }
        throw new MetadataException(
                MetadataException.Kind.UNAVAILABLE,
                "key " + environment.keys().cluster() + " cannot be changed now: the outcome of a change is unknown,"
                        + " or many brokers change it at once");
    }

    /**
     * Raises the bucket alone, so that nobody serves from this metadata: who knows that it is old may be the only one.
     *
     * @param revision that the metadata had reached
     * @throws MetadataException when others raise it all the time
     */
    void bar(ClusterIdentity identity, long revision) {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            long value = Math.addExact(Math.max(newest(listed()).counter(), identity.getCounter()), 1);
            switch (put(identity.getUuid(), value, revision)) {
                case PutResult.Created created -> {
                    return;
                }
                case PutResult.AlreadyExists exists -> {}
                case PutResult.Unknown(StorageException cause) -> throw cause;
            }
        }
        throw new MetadataException(
                MetadataException.Kind.UNAVAILABLE,
                "the bucket's counter cannot be raised: many brokers raise it at once");
    }

    private PutResult put(String uuid, long value, long revision) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("uuid", uuid);
        fields.put("counter", Long.toString(value));
        fields.put("revision", Long.toString(revision));
        return environment.objects().put(names.counter(value), List.of(new FlatJson(fields).toBytes()));
    }

    private void put(String uuid, long value, long revision, List<ObjectInfo> older) {
        try {
            switch (put(uuid, value, revision)) {
                case PutResult.Created created ->
                    environment
                            .objects()
                            .delete(older.stream().map(ObjectInfo::key).toList());
                case PutResult.AlreadyExists exists ->
                    throw new RefusedException("two copies of the metadata of cluster "
                            + uuid + " are in use: object " + names.counter(value)
                            + " was there before this metadata store came to that counter. Stop the brokers of the copy, and"
                            + " run 'fsck restore'");
                case PutResult.Unknown unknown ->
                    // the bucket may be behind
                    LOG.atWarn().setCause(unknown.cause()).log("counter may not be in the bucket");
            }
        } catch (StorageException e) {
            if (e.kind() != StorageException.Kind.FULL) {
                throw e;
            }
            LOG.atWarn().setCause(e).log("no room for the counter in the bucket");
        }
    }

    private void compare(Mark mark, Current current) {
        String uuid = current.identity().getUuid();
        long value = current.identity().getCounter();
        if (value < mark.counter()) {
            throw new RefusedException(
                    "the metadata of cluster " + uuid + " was restored to an older state: its counter is "
                            + value + ", but that of the bucket is " + mark.counter() + " (object "
                            + names.counter(mark.counter()) + "). Stop all brokers, and run 'fsck restore'");
        }
        if (current.revision() < mark.revision()) {
            throw new RefusedException("the metadata of cluster " + uuid
                    + " was restored to an older state: its revision is " + current.revision()
                    + ", but was " + mark.revision() + " before (object " + names.counter(mark.counter())
                    + "). Stop all brokers, and run 'fsck restore'");
        }
    }

    private Current current() {
        String key = environment.keys().cluster();
        Snapshot seen = environment.metadata().get(List.of(key));
        return seen.find(key)
                .map(entry -> new Current(entry, StoreGate.read(entry), seen.revision()))
                .orElseThrow(() -> new MetadataException(
                        MetadataException.Kind.UNAVAILABLE, "key " + key + " is gone since it was read"));
    }

    private List<ObjectInfo> listed() {
        List<ObjectInfo> all = new ArrayList<>();
        String after = "";
        while (true) {
            List<ObjectInfo> page = environment.objects().list(names.counters(), after, ObjectStore.MAX_LISTING);
            page.stream()
                    .filter(info -> names.counterIn(info.key()).isPresent())
                    .forEach(all::add);
            if (page.size() < ObjectStore.MAX_LISTING) {
                return all;
            }
            after = page.getLast().key().value();
        }
    }

    private Mark newest(List<ObjectInfo> listed) {
        if (listed.isEmpty()) {
            return Mark.NONE;
        }
        ObjectInfo newest = listed.getLast();
        return new Mark(
                names.counterIn(newest.key()).orElseThrow(), revisionIn(newest.key()), newest.lastModifiedMillis());
    }

    /** The name says the counter; what is inside only adds to it, so nothing stands still where that cannot be read. */
    private long revisionIn(ObjectKey key) {
        try {
            OptionalLong revision = FlatJson.parse(environment.objects().readTail(key, MARK_BYTES))
                    .map(json -> json.number("revision"))
                    .orElseGet(OptionalLong::empty);
            if (revision.isEmpty()) {
                LOG.atWarn().addKeyValue("object", key).log("counter has no revision that can be read");
            }
            return revision.orElse(0);
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.NOT_FOUND) {
                return 0; // replaced by the next one meanwhile
            }
            throw e;
        }
    }
}
