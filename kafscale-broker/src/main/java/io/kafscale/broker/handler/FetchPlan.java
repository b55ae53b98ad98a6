// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;

/**
 * All partitions of one fetch, found once, in the order in which they are asked for: the limit on the whole answer is used up
 * from the front, and the first batch of all comes whole. Confined to the connection's reader thread.
 */
final class FetchPlan {

    private final List<AskedPartition> asked;
    private final List<PartitionFetch> partitions;

    private FetchPlan(List<AskedPartition> asked, List<PartitionFetch> partitions) {
        this.asked = asked;
        this.partitions = partitions;
    }

    static FetchPlan of(
            short version,
            boolean committedOnly,
            List<AskedPartition> asked,
            PartitionResolver resolver,
            LeaderDirectory leaders) {
        List<PartitionFetch> partitions = new ArrayList<>(asked.size());
        for (AskedPartition partition : asked) {
            PartitionResolver.Resolution found =
                    resolver.partition(partition.topic(), partition.request().partition());
            partitions.add(new PartitionFetch(partition.request(), found, version, committedOnly, leaders));
        }
        return new FetchPlan(asked, partitions);
    }

    boolean isEmpty() {
        return partitions.isEmpty();
    }

    /** The logs whose progress may change the answer. */
    List<PartitionLog> logs() {
        return partitions.stream()
                .flatMap(partition -> partition.log().stream())
                .toList();
    }

    List<PartitionFetch> partitions() {
        return Collections.unmodifiableList(partitions);
    }

    /** What reading would give, up to so many bytes. */
    FetchOutlook outlook(int limitBytes) {
        long bytes = 0;
        long firstBytes = 0;
        boolean conclusive = false;
        for (PartitionFetch partition : partitions) {
            FetchOutlook there = partition.outlook();
            bytes += there.bytes();
            firstBytes = firstBytes == 0 ? there.firstBytes() : firstBytes;
            conclusive |= there.conclusive();
            if (bytes >= Math.max(1, limitBytes)) {
                return new FetchOutlook(bytes, firstBytes, conclusive);
            }
        }
        return new FetchOutlook(bytes, firstBytes, conclusive);
    }

    /**
     * Reads every partition.
     *
     * @param limitBytes of the whole answer
     * @param patience once this has passed and one was tried, the partitions that are left wait for the next fetch
     */
    FetchResponseData read(int limitBytes, Deadline patience, Clock clock) throws InterruptedException {
        List<PartitionData> answers = new ArrayList<>(partitions.size());
        long read = 0;
        for (PartitionFetch partition : partitions) {
            boolean wait = !answers.isEmpty() && patience.passed(clock);
            int left = wait ? 0 : (int) Math.max(0, limitBytes - read);
            PartitionData found = partition.read(left, read == 0 && !wait, patience);
            read += found.records().sizeInBytes();
            answers.add(found);
        }
        return answer(answers);
    }

    /** How every partition stands, without records. */
    FetchResponseData readNothing() throws InterruptedException {
        List<PartitionData> answers = new ArrayList<>(partitions.size());
        for (PartitionFetch partition : partitions) {
            answers.add(partition.read(0, false, Deadline.NEVER));
        }
        return answer(answers);
    }

    /** Partitions of one topic that follow each other share its part of the answer. */
    private FetchResponseData answer(List<PartitionData> answers) {
        FetchResponseData data = new FetchResponseData();
        for (int i = 0; i < answers.size(); i++) {
            AskedPartition partition = asked.get(i);
            if (i == 0 || !partition.topic().equals(asked.get(i - 1).topic())) {
                data.responses().add(partition.response());
            }
            data.responses().getLast().partitions().add(answers.get(i));
        }
        return data;
    }
}
