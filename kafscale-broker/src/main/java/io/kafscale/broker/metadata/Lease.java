// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import java.time.Duration;

/**
 * A lease as granted. Immutable.
 *
 * @param id never {@link #NONE}
 * @param timeToLive how long it lives without a keep-alive
 */
public record Lease(long id, Duration timeToLive) {

    /** The id that stands for no lease. */
    public static final long NONE = 0;
}
