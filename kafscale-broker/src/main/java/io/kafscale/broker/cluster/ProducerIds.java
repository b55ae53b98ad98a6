// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

/** Producer ids that nobody else in the cluster ever gets, taken in blocks of 1,000. Thread-safe. */
@SuppressWarnings("DoNotCallSuggester")
public final class ProducerIds {

    ProducerIds() {}

    /**
     * A new producer id.
     *
     * @throws io.kafscale.broker.metadata.MetadataException when no block can be had
     */
    public long next() {
        throw new UnsupportedOperationException();
    }
}
