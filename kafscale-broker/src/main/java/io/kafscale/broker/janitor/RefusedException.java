// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

/** The stores are not to be served from; the message says what is wrong and what to do. Immutable. */
public final class RefusedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
        super(message);
    }
}
