// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashSet;
import java.util.Set;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.junit.jupiter.api.Test;

/** The generator of messages is worth something only if it reaches everything. */
class RandomMessagesTest {

    @Test
    void reachesNestedAndTaggedFieldsNullsAndUnknownTags() {
        Set<String> seen = new LinkedHashSet<>();
        for (int seed = 0; seed < 200; seed++) {
            FetchRequestData fetch = new RandomMessages(seed).fill(new FetchRequestData(), (short) 17);
            note(seen, "cluster id", fetch.clusterId() != null);
            note(seen, "replica state", fetch.replicaState().replicaEpoch() != -1);
            note(seen, "unknown tags", !fetch.unknownTaggedFields().isEmpty());
            note(seen, "forgotten", !fetch.forgottenTopicsData().isEmpty());
            note(
                    seen,
                    "partitions",
                    fetch.topics().stream()
                            .anyMatch(topic -> !topic.partitions().isEmpty()));
            note(
                    seen,
                    "nested tags",
                    fetch.topics().stream()
                            .flatMap(topic -> topic.partitions().stream())
                            .anyMatch(partition ->
                                    !partition.unknownTaggedFields().isEmpty()));
            OffsetFetchRequestData offsets = new RandomMessages(seed).fill(new OffsetFetchRequestData(), (short) 8);
            note(seen, "null topics", offsets.groups().stream().anyMatch(group -> group.topics() == null));
        }
        assertThat(seen)
                .containsExactlyInAnyOrder(
                        "cluster id",
                        "replica state",
                        "unknown tags",
                        "forgotten",
                        "partitions",
                        "nested tags",
                        "null topics");
    }

    private static void note(Set<String> seen, String what, boolean isThere) {
        if (isThere) {
            seen.add(what);
        }
    }
}
