// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import java.nio.ByteBuffer;

/**
 * An object of unknown length on its way: it appears, whole, when it is completed, or never. After an exception it can only
 * be closed. Confined to one thread at a time.
 */
public interface ObjectUpload extends AutoCloseable {

    /**
     * Adds bytes at the end; blocks while they are sent.
     *
     * @param bytes those between position and limit, neither of which is changed; the caller may change them afterwards
     */
    void write(ByteBuffer bytes);

    /** Gives the object its name, once; the result is that of {@link ObjectStore#put}. */
    PutResult complete();

    /** Gives up what was not completed; what cannot be removed now is left to {@link ObjectStore#listUploads}. */
    @Override
    void close();
}
