// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import io.kafscale.broker.chunk.Chunk;
import io.kafscale.broker.metadata.PartitionId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which partitions to seal so that little is left of an object: those with the most bytes in it, as few as make up four
 * fifths. The rest is small and is rewritten together with that of its neighbours. Stateless.
 */
final class Relief {

    private Relief() {}

    /** The partitions, that with the most bytes first. */
    static List<PartitionId> of(List<Chunk> live) {
        Map<PartitionId, Long> bytes = new HashMap<>();
        long left = 0;
        for (Chunk chunk : live) {
            bytes.merge(chunk.id(), (long) chunk.bytes().length(), Long::sum);
            left += chunk.bytes().length();
        }
        long rest = left / 5;
        List<PartitionId> chosen = new ArrayList<>();
        for (Map.Entry<PartitionId, Long> entry : bytes.entrySet().stream()
                .sorted(Map.Entry.<PartitionId, Long>comparingByValue(Comparator.reverseOrder()))
                .toList()) {
            if (left <= rest) {
                break;
            }
            chosen.add(entry.getKey());
            left -= entry.getValue();
        }
        return chosen;
    }
}
