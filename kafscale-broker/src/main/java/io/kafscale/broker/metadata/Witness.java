// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

/**
 * What was answered to be applied: a key that lasts has been put at a revision. A store in which it is older, or missing
 * without its removal, was set back. Immutable.
 */
public record Witness(String key, long revision) {

    public Witness {
        if (key.isEmpty() || revision < 1) {
            throw new IllegalArgumentException("key " + key + " at revision " + revision);
        }
    }

    /**
     * Whether a read shows what was applied, or something newer.
     *
     * @param removal key that is put whenever one that lasts is removed; the read has both
     */
    public boolean isBorneOutBy(Snapshot seen, String removal) {
        String shown = seen.find(key).isPresent() ? key : removal;
        return seen.find(shown).filter(entry -> entry.modRevision() >= revision).isPresent();
    }
}
