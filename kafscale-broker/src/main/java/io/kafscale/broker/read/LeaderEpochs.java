// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.read;

import java.util.Map;
import java.util.TreeMap;

/** Where each leader epoch of a partition begins. Confined to its owner's lock. */
final class LeaderEpochs {

    private static final int NONE = -1;

    private final TreeMap<Integer, Long> starts = new TreeMap<>();

    /** An epoch begins at an offset; ignored when it has begun already. */
    void begin(int epoch, long startOffset) {
        if (!starts.isEmpty() && epoch < starts.lastKey()) {
            throw new IllegalStateException("leader epoch " + epoch + " behind " + starts.lastKey());
        }
        starts.putIfAbsent(epoch, startOffset);
    }

    /** Where an epoch ends, by Kafka's rule: an epoch above all is not known, one below all ends where the first begins. */
    EpochEnd endOf(int epoch, long endOffset) {
        if (epoch < 0 || starts.isEmpty() || epoch > starts.lastKey()) {
            return new EpochEnd(NONE, NONE);
        }
        if (epoch == starts.lastKey()) {
            return new EpochEnd(epoch, endOffset);
        }
        Map.Entry<Integer, Long> known = starts.floorEntry(epoch);
        int found = known == null ? epoch : known.getKey();
        return new EpochEnd(
                found, starts.tailMap(epoch, false).values().iterator().next());
    }

    /** The epoch of the record at an offset, or of the first behind it; -1 when no epoch is known. */
    int epochAt(long offset) {
        int found = NONE;
        for (Map.Entry<Integer, Long> epoch : starts.entrySet()) {
            if (found == NONE || epoch.getValue() <= offset) {
                found = epoch.getKey();
            }
        }
        return found;
    }
}
