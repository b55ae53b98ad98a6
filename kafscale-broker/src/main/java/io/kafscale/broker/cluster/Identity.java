// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

/**
 * Who the cluster is, the same for ever. Immutable.
 *
 * @param uuid random, as Kafka shows ids
 * @param groupShards into how many shards groups are divided
 */
public record Identity(String uuid, int groupShards) {

    public Identity {
        if (uuid.isEmpty() || groupShards < 1) {
            throw new IllegalArgumentException("cluster '" + uuid + "' has " + groupShards + " group shards");
        }
    }
}
