// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

/** A bucket cannot be used; the message says which host has answered what, and what to do. Immutable. */
public final class S3StartException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final S3Setting setting;

    S3StartException(S3Setting setting, String message, Throwable cause) {
        super(message, cause);
        this.setting = setting;
    }

    /** The setting that most likely is wrong. */
    public S3Setting setting() {
        return setting;
    }
}
