// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

/** How an object store does, from well to worst. Immutable. */
public enum StoreState {
    HEALTHY,
    /** Slow, failing now and then, or asking for fewer calls: to be used with moderation. */
    DEGRADED,
    /** As good as gone: what can be refused without asking it should be. */
    UNAVAILABLE
}
