// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

/** A metadata store could not do what it was asked, and did not do it. Immutable. */
public final class MetadataException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What went wrong, as far as it changes what a caller does. */
    public enum Kind {
        /** The store cannot be reached, has no quorum, or answers with an error that may pass. */
        UNAVAILABLE,
        /** The store has no space left. */
        FULL,
        /** The store refuses for a reason that does not pass by itself, such as missing rights. */
        REFUSED,
        /** The lease is gone. */
        LEASE_NOT_FOUND,
        /** What is stored cannot be read. */
        CORRUPT,
        /** The calling thread was interrupted. */
        INTERRUPTED
    }

    private final Kind kind;

    public MetadataException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public MetadataException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
