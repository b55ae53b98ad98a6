// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.proto.metadata.ClusterIdentity;
import java.util.List;
import java.util.Optional;

/**
 * Who the cluster is: made once by its first broker, read by all. Immutable.
 *
 * @param uuid random, as Kafka shows ids
 * @param groupShards into how many shards groups are divided, fixed for ever
 */
record Identity(String uuid, int groupShards) {

    private static final int FORMAT_VERSION = 1;
    private static final int GROUP_SHARDS = 64;
    private static final int ATTEMPTS = 5;

    Identity {
        if (groupShards < 1) {
            throw new IllegalArgumentException("cluster " + uuid + " has " + groupShards + " group shards");
        }
    }

    /** Reads the identity, and makes it if there is none. */
    static Identity establish(ClusterEnvironment environment) {
        String key = environment.keys().cluster();
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            Optional<KeyValue> found = environment.store().get(List.of(key)).find(key);
            if (found.isPresent()) {
                return read(found.get());
            }
            create(environment, key);
        }
        throw new MetadataException(
                MetadataException.Kind.UNAVAILABLE, "key " + key + " is not there although it was written");
    }

    /** Whatever the outcome, the caller reads what is there then: the first writer wins. */
    private static void create(ClusterEnvironment environment, String key) {
        ClusterIdentity identity = ClusterIdentity.newBuilder()
                .setUuid(TopicIds.text(TopicIds.random(environment.random())))
                .setGroupShards(GROUP_SHARDS)
                .setFormatVersion(FORMAT_VERSION)
                .build();
        environment
                .store()
                .commit(Transaction.when(Compare.absent(key))
                        .put(key, identity.toByteString())
                        .build());
    }

    private static Identity read(KeyValue entry) {
        try {
            ClusterIdentity identity = ClusterIdentity.parseFrom(entry.value());
            if (identity.getFormatVersion() > FORMAT_VERSION) {
                throw new ClusterStartException("cluster " + identity.getUuid() + " has format version "
                        + identity.getFormatVersion() + ", but this broker knows none above " + FORMAT_VERSION
                        + ": start a newer broker");
            }
            return new Identity(identity.getUuid(), identity.getGroupShards());
        } catch (InvalidProtocolBufferException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "key " + entry.key() + " cannot be read", e);
        }
    }
}
