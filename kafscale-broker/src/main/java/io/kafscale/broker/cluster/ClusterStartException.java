// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

/** This broker cannot take part in its cluster, for a reason that its operator must know. Immutable. */
public final class ClusterStartException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public ClusterStartException(String message) {
        super(message);
    }
}
