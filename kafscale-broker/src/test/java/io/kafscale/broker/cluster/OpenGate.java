// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

/** A gate that is always open, for tests in which the stores are beyond doubt. Immutable. */
public record OpenGate() implements ClusterGate {

    private static final Identity IDENTITY = new Identity("AAAAAAAAAAAAAAAAAAAAAA", 64);

    @Override
    public Verdict ask() {
        return new Verdict.Open(IDENTITY);
    }

    @Override
    public void condemn(String reason) {
        throw new AssertionError(reason);
    }
}
