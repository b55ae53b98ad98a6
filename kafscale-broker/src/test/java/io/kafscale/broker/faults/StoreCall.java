// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.faults;

/** A kind of call that may be made to fail. Immutable. */
public enum StoreCall {
    OBJECT_PUT,
    OBJECT_READ,
    OBJECT_READ_TAIL,
    OBJECT_LIST,
    OBJECT_DELETE,
    OBJECT_UPLOAD_BEGIN,
    OBJECT_UPLOAD_WRITE,
    OBJECT_UPLOAD_COMPLETE,
    OBJECT_UPLOAD_LIST,
    OBJECT_UPLOAD_ABORT,
    METADATA_GET,
    METADATA_RANGE,
    METADATA_COMMIT,
    METADATA_GRANT_LEASE,
    METADATA_KEEP_ALIVE,
    METADATA_REVOKE,
    METADATA_WATCH;

    /** Whether it changes what a store holds. */
    public boolean isWrite() {
        return switch (this) {
            case OBJECT_PUT,
                    OBJECT_DELETE,
                    OBJECT_UPLOAD_BEGIN,
                    OBJECT_UPLOAD_WRITE,
                    OBJECT_UPLOAD_COMPLETE,
                    OBJECT_UPLOAD_ABORT,
                    METADATA_COMMIT,
                    METADATA_GRANT_LEASE,
                    METADATA_KEEP_ALIVE,
                    METADATA_REVOKE -> true;
            case OBJECT_READ,
                    OBJECT_READ_TAIL,
                    OBJECT_LIST,
                    OBJECT_UPLOAD_LIST,
                    METADATA_GET,
                    METADATA_RANGE,
                    METADATA_WATCH -> false;
        };
    }
}
