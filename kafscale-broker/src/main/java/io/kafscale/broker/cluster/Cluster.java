// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

/**
 * This broker's part in its cluster. Its parts exist before it starts, so that handlers can be wired; they answer once
 * {@link #start} has returned. Thread-safe.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class Cluster implements AutoCloseable {

    private final TopicCatalog catalog = new TopicCatalog();
    private final Ownership ownership = new Ownership();
    private final Membership membership = new Membership();
    private final ProducerIds producerIds = new ProducerIds();

    public Cluster(ClusterEnvironment environment, ClusterSettings settings, PartitionHost host) {
        throw new UnsupportedOperationException(environment.toString() + settings + host);
    }

    /**
     * Registers this broker under the address that clients are told, and serves everything that is free.
     *
     * @throws ClusterStartException when the broker id is taken, or the cluster is of a newer format
     */
    public void start(BrokerNode self) throws InterruptedException {
        throw new UnsupportedOperationException(self.toString());
    }

    public TopicCatalog catalog() {
        return catalog;
    }

    public Ownership ownership() {
        return ownership;
    }

    public Membership membership() {
        return membership;
    }

    public ProducerIds producerIds() {
        return producerIds;
    }

    /** Gives up this incarnation, because the broker cannot tell any more what it has written, and begins another. */
    public void abdicate(String reason) {
        throw new UnsupportedOperationException(reason);
    }

    /** Releases everything and revokes the lease. */
    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
