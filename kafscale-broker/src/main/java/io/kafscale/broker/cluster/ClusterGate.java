// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

/**
 * Stands before every registration: says whether what the stores hold is this cluster, whole and not older than it was.
 * Thread-safe; both calls may block for as long as the stores do.
 */
public interface ClusterGate {

    /** How the gate stands. Immutable. */
    sealed interface Verdict {

        /** The broker may register. */
        record Open(Identity identity) implements Verdict {}

        /** The broker must not serve, whatever is tried again; the reason says what is wrong and what to do. */
        record Shut(String reason) implements Verdict {}

        /**
         * The stores did not say enough.
         *
         * @param mayPass whether it is worth while to ask again soon
         */
        record Unclear(RuntimeException cause, boolean mayPass) implements Verdict {}
    }

    /** Looks at the stores. */
    Verdict ask();

    /** Ends a broker that has served already, for a reason that {@link Verdict.Shut} gave. Returns at once. */
    void condemn(String reason);
}
