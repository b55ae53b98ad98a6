// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import io.kafscale.broker.metadata.MetadataException;
import java.util.Optional;

/**
 * The claim of one broker at a time to tidy up for all. It spares work; nothing is safe only because of it. Thread-safe.
 */
public interface JanitorClaim {

    /** The incarnation that this broker lives in; empty while it has none. */
    Optional<String> incarnation();

    /**
     * Takes the claim if it is free; true when this broker has it now.
     *
     * @throws MetadataException when the store does not answer
     */
    boolean take();
}
