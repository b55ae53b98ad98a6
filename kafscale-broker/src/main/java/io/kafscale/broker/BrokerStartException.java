// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

/** The broker cannot start; the message says which setting or place is concerned and why. Immutable. */
public final class BrokerStartException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    BrokerStartException(String message) {
        super(message);
    }

    BrokerStartException(String message, Throwable cause) {
        super(message, cause);
    }
}
