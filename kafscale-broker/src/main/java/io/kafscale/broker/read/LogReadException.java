// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.read;

/** A log's records could not be looked at, for a reason that may pass; to be tried again. Immutable. */
public final class LogReadException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public LogReadException(String message) {
        super(message);
    }

    public LogReadException(String message, Throwable cause) {
        super(message, cause);
    }
}
