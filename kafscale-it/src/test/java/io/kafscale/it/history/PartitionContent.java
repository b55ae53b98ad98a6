// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.history;

import java.util.List;

/**
 * A partition as it was read from start to end when everything was over.
 *
 * @param records in the order in which they were read
 */
public record PartitionContent(int partition, long startOffset, long endOffset, List<PlacedRecord> records) {
    public PartitionContent {
        records = List.copyOf(records);
    }
}
