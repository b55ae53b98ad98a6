// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

/** An object store could not do what it was asked; the message names the object. Immutable. */
public final class StorageException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What went wrong, as far as it changes what a caller does. */
    public enum Kind {
        /** There is no such object. */
        NOT_FOUND,
        /** The object ends before the range does. */
        OUT_OF_RANGE,
        /** The store cannot be reached, is slow, or answers with an error that may pass. */
        UNAVAILABLE,
        /** The store asks for fewer calls and has not done this one; it is there, and takes it later. */
        THROTTLED,
        /** The store has no space left. */
        FULL,
        /** The store refuses for a reason that does not pass by itself, such as missing rights. */
        REFUSED,
        /** The bytes are not those that were written. */
        CORRUPT,
        /** The calling thread was interrupted. */
        INTERRUPTED
    }

    private final Kind kind;

    public StorageException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public StorageException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
