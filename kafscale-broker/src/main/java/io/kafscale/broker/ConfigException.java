// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

/** A setting cannot be used; the message names the variable, its value and what is allowed. Immutable. */
public final class ConfigException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    ConfigException(String message) {
        super(message);
    }
}
