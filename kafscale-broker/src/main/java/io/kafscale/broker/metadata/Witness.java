// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

/**
 * What was answered to be applied: a key that nobody deletes has been put at a revision. A store in which it is missing, or
 * older, was set back. Immutable.
 */
public record Witness(String key, long revision) {

    public Witness {
        if (key.isEmpty() || revision < 1) {
            throw new IllegalArgumentException("key " + key + " at revision " + revision);
        }
    }

    /** Whether a read that has this key shows what was applied, or something newer. */
    public boolean isBorneOutBy(Snapshot seen) {
        return seen.find(key).filter(entry -> entry.modRevision() >= revision).isPresent();
    }
}
