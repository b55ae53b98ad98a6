// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.Topic;
import io.kafscale.broker.cluster.TopicCatalog;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.log.PartitionLogs;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsPartition;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsTopic;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * DescribeLogDirs: one directory that stands for the object store, with the partitions that this broker serves. How much is
 * sealed may have to be read; after two seconds, or a failure, only what memory knows is counted. Thread-safe.
 */
public final class DescribeLogDirsHandler implements ApiHandler<DescribeLogDirsRequestData> {

    private static final String SCHEME = "remote://";
    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final long UNKNOWN = -1;

    private final TopicCatalog catalog;
    private final PartitionLogs logs;
    private final String directory;
    private final Clock clock;

    /**
     * A handler for the logs of this broker.
     *
     * @param place where all objects are, as a path
     */
    public DescribeLogDirsHandler(TopicCatalog catalog, PartitionLogs logs, String place, Clock clock) {
        this.catalog = catalog;
        this.logs = logs;
        this.directory = SCHEME + place;
        this.clock = clock;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DESCRIBE_LOG_DIRS;
    }

    @Override
    public Answer handle(RequestContext context, DescribeLogDirsRequestData request) throws InterruptedException {
        Sizes sizes = new Sizes(Deadline.after(clock, PATIENCE));
        DescribeLogDirsResult result = new DescribeLogDirsResult()
                .setLogDir(directory)
                .setTotalBytes(UNKNOWN)
                .setUsableBytes(UNKNOWN);
        for (Wanted wanted : wanted(request)) {
            List<DescribeLogDirsPartition> partitions = new ArrayList<>();
            for (int partition : wanted.partitions()) {
                Optional<PartitionLog> log = logs.find(wanted.topic().partition(partition));
                if (log.isPresent()) {
                    partitions.add(new DescribeLogDirsPartition()
                            .setPartitionIndex(partition)
                            .setPartitionSize(sizes.of(log.get())));
                }
            }
            if (!partitions.isEmpty()) {
                result.topics()
                        .add(new DescribeLogDirsTopic()
                                .setName(wanted.topic().name())
                                .setPartitions(partitions));
            }
        }
        return new Answer.Ready(new DescribeLogDirsResponseData().setResults(List.of(result)));
    }

    /** Partitions that there are. Immutable. */
    private record Wanted(Topic topic, List<Integer> partitions) {
        Wanted {
            partitions = List.copyOf(partitions);
        }
    }

    /** Everything, or what the request names, each topic once. */
    private List<Wanted> wanted(DescribeLogDirsRequestData request) {
        if (request.topics() == null) {
            return catalog.all().stream()
                    .map(topic -> new Wanted(
                            topic,
                            IntStream.range(0, topic.partitions()).boxed().toList()))
                    .toList();
        }
        Set<String> seen = new HashSet<>();
        List<Wanted> wanted = new ArrayList<>();
        for (DescribableLogDirTopic named : request.topics()) {
            Optional<Topic> topic = catalog.find(named.topic()).filter(found -> seen.add(found.name()));
            topic.ifPresent(found -> wanted.add(new Wanted(
                    found,
                    named.partitions().stream().filter(found::has).distinct().toList())));
        }
        return wanted;
    }

    /** Asks the store for sizes while that goes well. Confined to the thread that handles the request. */
    private final class Sizes {
        private final Deadline patience;
        private boolean failed;

        Sizes(Deadline patience) {
            this.patience = patience;
        }

        long of(PartitionLog log) throws InterruptedException {
            if (failed || patience.passed(clock)) {
                return log.unsealedBytes();
            }
            OptionalLong size = log.sizeBytes();
            failed = size.isEmpty();
            return size.orElseGet(log::unsealedBytes);
        }
    }
}
