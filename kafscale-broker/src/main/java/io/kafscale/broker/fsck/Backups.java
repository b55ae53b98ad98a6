// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.storage.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The backups of the metadata in a bucket. Thread-safe: it has no state. */
record Backups(LogEnvironment environment, BucketNames names, PatientObjects objects) {

    private static final int ATTEMPTS = 5;

    static Backups of(LogEnvironment environment) {
        return new Backups(
                environment,
                new BucketNames(environment.root()),
                new PatientObjects(environment.objects(), environment.clock(), environment.random()));
    }

    /** A backup that can be read. Immutable. */
    record Stored(ObjectInfo object, Dump dump) {}

    /** In the order of their numbers. */
    List<ObjectInfo> list() throws InterruptedException {
        List<ObjectInfo> backups = new ArrayList<>();
        new Listing(environment.objects(), names.backups()).forEach(object -> {
            if (names.parse(object.key()) instanceof ObjectName.Backup) {
                backups.add(object);
            }
        });
        return backups;
    }

    /** Those of a cluster that can be read. */
    List<Stored> readable(String uuid) throws InterruptedException {
        List<Stored> backups = new ArrayList<>();
        for (ObjectInfo object : list()) {
            read(object)
                    .filter(dump -> dump.uuid().equals(uuid))
                    .ifPresent(dump -> backups.add(new Stored(object, dump)));
        }
        return backups;
    }

    private Optional<Dump> read(ObjectInfo object) throws InterruptedException {
        try {
            return Optional.of(objects.patiently(() -> readOnce(object)));
        } catch (StorageException e) {
            if (e.kind() == StorageException.Kind.NOT_FOUND || e.kind() == StorageException.Kind.CORRUPT) {
                return Optional.empty(); // replaced since it was listed, or damaged for good
            }
            throw e;
        }
    }

    private Dump readOnce(ObjectInfo object) {
        return Dump.parse(objects.objects().read(object.key(), 0, Math.toIntExact(object.sizeBytes())))
                .orElseThrow(() -> new StorageException(StorageException.Kind.CORRUPT, object.key() + ": no backup"));
    }

    /**
     * Puts a dump behind all that are there.
     *
     * @throws StorageException when nobody can tell that it is there
     */
    ObjectKey write(Dump dump) throws InterruptedException {
        for (int attempt = 1; ; attempt++) {
            List<ObjectInfo> there = list();
            long next = there.isEmpty() ? 0 : number(there.getLast()) + 1;
            ObjectKey key = names.backup(Math.max(dump.takenMillis(), next));
            switch (environment.objects().put(key, dump.toBytes())) {
                case PutResult.Created created -> {
                    return key;
                }
                case PutResult.AlreadyExists taken -> {
                    if (attempt == ATTEMPTS) {
                        throw new StorageException(
                                StorageException.Kind.UNAVAILABLE, "object " + key + " and those before it are taken");
                    }
                }
                case PutResult.Unknown(StorageException cause) -> throw cause;
            }
        }
    }

    private long number(ObjectInfo backup) {
        return names.parse(backup.key()) instanceof ObjectName.Backup(long number) ? number : 0;
    }
}
