// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

/** The bytes of a request are not what its header says, or more than is allowed. Never leaves this package. */
final class MalformedRequestException extends Exception {

    private static final long serialVersionUID = 1L;

    /** Without a stack trace: the peer is to blame, and may send many. */
    MalformedRequestException(String message) {
        super(message, null, false, false);
    }
}
