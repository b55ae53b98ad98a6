// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

/** Etcd cannot be used as the settings say; the message says what was asked, what it answered and what helps. Immutable. */
public final class EtcdStartException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Which part of the settings is to blame. */
    public enum Blame {
        /** The addresses: nobody answers there, or the wrong one does. */
        ENDPOINTS,
        /** The user or the password. */
        LOGIN,
        /** The authority of certificates, or whether there is TLS at all. */
        AUTHORITY,
        /** Our own certificate or its key. */
        CERTIFICATE
    }

    private final Blame blame;

    EtcdStartException(Blame blame, String message) {
        super(message);
        this.blame = blame;
    }

    EtcdStartException(Blame blame, String message, Throwable cause) {
        super(message, cause);
        this.blame = blame;
    }

    public Blame blame() {
        return blame;
    }
}
