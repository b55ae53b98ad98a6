// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.storage.S3Failure.Effect;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.List;

/**
 * Objects in a bucket of S3 or of a store that speaks its protocol; {@code docs/storage.md} says what it asks of one.
 * Calls end within {@link S3Limits#DEFAULTS}: 30 s, and a second for each 4 MiB. Thread-safe.
 */
public final class S3ObjectStore implements ObjectStore {

    private final S3Bucket bucket;
    private final S3Objects objects;
    private final S3Catalog catalog;

    /** Set once, by whoever closes; read by every call. */
    private volatile boolean closed;

    private S3ObjectStore(S3Settings settings, S3Environment environment, S3Limits limits) {
        S3Permits permits = new S3Permits(environment.clock(), settings.concurrency());
        S3Attempts attempts = new S3Attempts(environment.clock(), environment.threads(), permits);
        S3Calls calls = new S3Calls(environment, attempts, limits);
        this.bucket = S3Bucket.open(settings, limits);
        S3Signer signer = new S3Signer(environment.clock(), bucket);
        this.objects = new S3Objects(calls, signer, new S3Wire(limits), settings.writing());
        this.catalog = new S3Catalog(calls, bucket, settings.writing());
    }

    /**
     * Opens a bucket and tries it out, in a folder of its own below the root.
     *
     * @param patience how long to wait for a bucket that does not answer
     * @throws S3StartException when it cannot be used
     */
    public static ObjectStore open(S3Settings settings, ObjectKey root, S3Environment environment, Duration patience) {
        S3ObjectStore store = open(settings, environment, S3Limits.DEFAULTS);
        boolean usable = false;
        try {
            S3Limits patient = S3Limits.DEFAULTS.withCall(patience);
            new S3Probe(settings, store.bucket, root, environment)
                    .run(store.objects.within(patient), store.catalog.within(patient));
            usable = true;
            return store;
        } finally {
            if (!usable) {
                store.close();
            }
        }
    }

    /**
     * Opens a bucket that is only read, and asks it for an object that is not there.
     *
     * @param patience how long to wait for a bucket that does not answer
     * @throws S3StartException when it cannot be read
     */
    public static ObjectStore openReplica(
            S3Settings settings, ObjectKey root, S3Environment environment, Duration patience) {
        S3ObjectStore store = open(settings, environment, S3Limits.DEFAULTS);
        boolean usable = false;
        try {
            S3Limits patient = S3Limits.DEFAULTS.withCall(patience);
            S3Probe.readNothing(settings, store.bucket, root, store.objects.within(patient));
            usable = true;
            return store;
        } finally {
            if (!usable) {
                store.close();
            }
        }
    }

    /** Opens a bucket; nothing is sent. */
    static S3ObjectStore open(S3Settings settings, S3Environment environment, S3Limits limits) {
        keepConnections(settings.concurrency());
        return new S3ObjectStore(settings, environment, limits);
    }

    /** The JDK keeps five idle connections to a host unless it is told otherwise before the first. */
    private static void keepConnections(int count) {
        if (System.getProperty("http.maxConnections", "").isEmpty()) {
            System.setProperty("http.maxConnections", Integer.toString(count));
        }
    }

    /** Something that fails as S3 does. */
    @FunctionalInterface
    interface Attempted<T> {
        T run() throws S3Failure;
    }

    /** A write that fails as S3 does. */
    @FunctionalInterface
    interface Writing {
        void run() throws S3Failure;
    }

    /** What a conditional write has come to. */
    static PutResult result(ObjectKey key, Writing write) {
        try {
            write.run();
            return new PutResult.Created();
        } catch (S3Failure e) {
            if (e.effect() != Effect.NONE) {
                // that the name is taken may be the doing of an earlier attempt
                return new PutResult.Unknown(e.asException("object " + key + " may have been written"));
            }
            if (e.isPreconditionFailed()) {
                return new PutResult.AlreadyExists();
            }
            throw e.asException("object " + key + " was not written");
        }
    }

    private <T> T call(String what, Attempted<T> call) {
        checkCallable(what);
        try {
            return call.run();
        } catch (S3Failure e) {
            throw e.asException(what);
        }
    }

    @Override
    public PutResult put(ObjectKey key, List<ByteBuffer> body) {
        checkCallable("object " + key);
        return result(key, () -> objects.put(key, S3Body.of(body)));
    }

    @Override
    public ObjectUpload upload(ObjectKey key) {
        checkCallable("object " + key);
        return new S3Upload(key, objects, catalog, () -> checkCallable("object " + key));
    }

    @Override
    public ByteBuffer read(ObjectKey key, long position, int length) {
        Requests.checkRange(position, length);
        return call("object " + key, () -> {
            if (length == 0) {
                Requests.checkInside(key, objects.size(key), position, length);
                return ByteBuffer.allocate(0);
            }
            return objects.read(key, position, length);
        });
    }

    @Override
    public ByteBuffer readTail(ObjectKey key, int length) {
        Requests.checkRange(0, length);
        return call("object " + key, () -> {
            if (length == 0) {
                objects.size(key);
                return ByteBuffer.allocate(0);
            }
            return objects.readTail(key, length);
        });
    }

    @Override
    public List<ObjectInfo> list(String prefix, String after, int max) {
        Requests.checkListing(max);
        return call("listing of '" + prefix + "'", () -> catalog.list(prefix, after, max));
    }

    @Override
    public void delete(Collection<ObjectKey> keys) {
        call("deletion", () -> {
            catalog.delete(keys);
            return keys.size();
        });
    }

    @Override
    public List<UploadInfo> listUploads(String prefix, long startedBeforeMillis) {
        return call("uploads below '" + prefix + "'", () -> catalog.uploads(prefix, startedBeforeMillis));
    }

    @Override
    public void abortUploads(Collection<UploadInfo> uploads) {
        checkCallable("uploads");
        for (UploadInfo upload : uploads) {
            call("upload of object " + upload.key(), () -> {
                catalog.abort(upload.key(), upload.id());
                return upload;
            });
        }
    }

    private void checkCallable(String what) {
        Requests.checkCallable(closed, what);
    }

    @Override
    public void close() {
        closed = true;
        bucket.close();
    }
}
