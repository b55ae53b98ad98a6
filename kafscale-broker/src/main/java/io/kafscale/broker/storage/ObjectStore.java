// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;

/**
 * Objects that are written once, whole, under a name that nobody uses twice, and read by range.
 *
 * <p><b>Writing.</b> {@link #put} is atomic: nobody ever sees a part of an object. When it answers {@link
 * PutResult.Created} the object is durable and every later read and listing sees it, from any process. {@link
 * PutResult.AlreadyExists} means that the name is taken and its content untouched. {@link PutResult.Unknown} means that
 * the object may or may not be there, now or later: the caller tries again under another name. An exception means that
 * the object is not there and will not come. A key that is the folder of another ({@code a} beside {@code a/b}) may be
 * {@link StorageException.Kind#REFUSED}.
 *
 * <p><b>Uploading</b> is for objects that are too large to be held in memory: {@link ObjectUpload#complete} is a put of all
 * that was written, and until then there is no object. An upload that is neither completed nor closed takes up space until
 * it is aborted; who writes on in one that somebody has aborted gets {@link StorageException.Kind#NOT_FOUND}.
 *
 * <p><b>Reading.</b> A range is returned whole or not at all; an object that is not there, or that is shorter than the
 * range, is a {@link StorageException} of the respective kind. An object that was seen once is seen until it is deleted.
 *
 * <p><b>Deleting</b> an object that is not there is no error. After an exception, any part of the named objects may be
 * gone.
 *
 * <p><b>Listing</b> is in the order of the keys' bytes and sees at least what was durable before it began and is not
 * deleted while it runs. Fewer keys than were asked for mean that there are no more.
 *
 * <p><b>Urgency.</b> A {@link #put} is what somebody waits for to be acknowledged; a store that limits its calls keeps some
 * free for puts, which reads, listings and uploads never take. Who writes in the background, as merging and sealing do, uses
 * {@link #upload}, however small the object.
 *
 * <p>Every call blocks, ends within the implementation's stated deadline, and throws {@link StorageException} for
 * failures; an interrupted caller gets {@link StorageException.Kind#INTERRUPTED} with the interrupt flag set again. After
 * {@link #close} every call throws {@link StorageException.Kind#REFUSED}. Implementations are thread-safe.
 */
public interface ObjectStore extends AutoCloseable {

    /** Most objects that one listing answers. */
    int MAX_LISTING = 1000;

    /** An upload that holds more than this is in the store, and listed; a smaller one may be in the caller's memory. */
    int PART_BYTES = 8 << 20;

    /**
     * Writes an object if its name is free.
     *
     * @param body the bytes, in order; positions and limits are not changed, and the bytes must not change until the
     *     call returns
     */
    PutResult put(ObjectKey key, List<ByteBuffer> body);

    /** Begins an object of unknown length; nobody sees it before it is completed. */
    ObjectUpload upload(ObjectKey key);

    /**
     * Reads {@code length} bytes from {@code position}.
     *
     * @return a buffer of exactly that length, positioned at 0, which the caller may keep and change
     */
    ByteBuffer read(ObjectKey key, long position, int length);

    /**
     * Reads as {@link #read(ObjectKey, long, int)} does, bytes that the caller can tell from damaged ones. A store that has
     * copies may read one of them here, and tries another one before it says that the bytes are {@link
     * StorageException.Kind#CORRUPT}; without a predicate it reads what was written itself.
     *
     * @param intact whether they are what was written; must not change them or where the buffer stands
     */
    default ByteBuffer read(ObjectKey key, long position, int length, Predicate<ByteBuffer> intact) {
        ByteBuffer bytes = read(key, position, length);
        if (!intact.test(bytes)) {
            throw new StorageException(
                    StorageException.Kind.CORRUPT,
                    "object " + key + ", bytes from " + position + ": not what was written");
        }
        return bytes;
    }

    /**
     * Reads the last {@code length} bytes of an object, or all of it when it is shorter.
     *
     * @return the bytes, at most {@code length}, as {@link #read} returns them
     */
    ByteBuffer readTail(ObjectKey key, int length);

    /**
     * Reads as {@link #readTail(ObjectKey, int)} does, bytes that the caller can tell from damaged ones.
     *
     * @param intact as above
     */
    default ByteBuffer readTail(ObjectKey key, int length, Predicate<ByteBuffer> intact) {
        ByteBuffer bytes = readTail(key, length);
        if (!intact.test(bytes)) {
            throw new StorageException(
                    StorageException.Kind.CORRUPT, "object " + key + ", its end: not what was written");
        }
        return bytes;
    }

    /**
     * Lists objects whose key starts with the prefix.
     *
     * @param prefix any text, also the middle of a part; empty for all
     * @param after only keys behind this text, exclusive; empty for the beginning
     * @param max at most so many, from 1 to {@link #MAX_LISTING}
     */
    List<ObjectInfo> list(String prefix, String after, int max);

    /** Deletes the named objects; those that are not there are passed over. */
    void delete(Collection<ObjectKey> keys);

    /**
     * Lists uploads that are under way or were left behind, in no particular order, at most {@link #MAX_LISTING}. A store
     * that forgets them with the process that made them lists its own.
     *
     * @param prefix of their keys, any text
     * @param startedBeforeMillis only those that began before this time, by the store's clock
     */
    List<UploadInfo> listUploads(String prefix, long startedBeforeMillis);

    /** Gives up uploads, whoever has begun them; those that are not there are passed over. */
    void abortUploads(Collection<UploadInfo> uploads);

    /** How its calls have gone lately. */
    default ObjectHealth health() {
        return ObjectHealth.UNWATCHED;
    }

    /** Whether, and when, a call that takes long is made a second time. */
    default Hedging hedging() {
        return Hedging.NEVER;
    }

    @Override
    void close();
}
