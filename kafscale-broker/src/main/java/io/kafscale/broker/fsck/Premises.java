// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.proto.metadata.PartitionState;
import java.util.List;
import java.util.Optional;

/** Looks whether what findings rest on still holds. Thread-safe: it has no state. */
record Premises(MetadataStore metadata, ClusterKeys keys) {

    static Finding.Premise unchanged(String key, long modRevision) {
        return new Finding.Premise.Unchanged(new Compare.ModRevision(key, modRevision));
    }

    static Finding.Premise unchanged(ClusterMetadata.Stored<?> stored) {
        return unchanged(stored.key(), stored.modRevision());
    }

    boolean hold(List<Finding.Premise> premises) {
        return premises.stream().allMatch(this::holds);
    }

    private boolean holds(Finding.Premise premise) {
        return switch (premise) {
            case Finding.Premise.Unchanged(Compare.ModRevision(String key, long revision)) ->
                metadata.get(List.of(key)).find(key).map(KeyValue::modRevision).orElse(0L) == revision;
            case Finding.Premise.Keeps keeps -> keeps(keeps);
        };
    }

    private boolean keeps(Finding.Premise.Keeps premise) {
        String stateKey = keys.partitionState(premise.partition());
        Snapshot seen = metadata.get(List.of(premise.topicKey(), stateKey));
        Optional<KeyValue> state = seen.find(stateKey);
        return seen.find(premise.topicKey()).isPresent()
                && state.filter(entry -> logStart(entry) < premise.endOffset()).isPresent();
    }

    /** Of a value that cannot be read nobody knows that it keeps less. */
    private static long logStart(KeyValue entry) {
        try {
            return PartitionState.parseFrom(entry.value()).getLogStart();
        } catch (InvalidProtocolBufferException e) {
            return 0;
        }
    }
}
