// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.history;

import java.util.List;
import java.util.Map;

/**
 * Everything that clients did and saw in one test. Immutable.
 *
 * @param sends every record that a producer sent, with what it learned of it
 * @param seen records that consumers got while the broker came and went
 * @param contents the partitions as they were in the end
 */
public record History(
        Map<RecordId, SendOutcome> sends,
        List<PlacedRecord> seen,
        List<OffsetCommit> commits,
        List<OffsetLookup> lookups,
        List<PartitionContent> contents) {
    public History {
        sends = Map.copyOf(sends);
        seen = List.copyOf(seen);
        commits = List.copyOf(commits);
        lookups = List.copyOf(lookups);
        contents = List.copyOf(contents);
    }
}
