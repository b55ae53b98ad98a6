// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.log.AppendResult.Outcome;
import io.kafscale.proto.log.ProducerBatch;
import io.kafscale.proto.log.ProducerTail;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The last batches of each producer of one partition, gathered from footers in any order: of the newest epoch, the five
 * with the highest offsets. Confined to its owner's lock.
 */
final class ProducerTails {

    private static final long NO_TIME = -1;

    private final Map<Long, Newest> producers = new HashMap<>();

    private record Newest(long producerId, int epoch, TreeMap<Long, ProducerBatch> byOffset) {}

    void add(ProducerTail tail) {
        Newest newest = producers.computeIfAbsent(
                tail.getProducerId(), id -> new Newest(id, tail.getProducerEpoch(), new TreeMap<>()));
        if (tail.getProducerEpoch() < newest.epoch()) {
            return;
        }
        if (tail.getProducerEpoch() > newest.epoch()) {
            newest = new Newest(tail.getProducerId(), tail.getProducerEpoch(), new TreeMap<>());
            producers.put(tail.getProducerId(), newest);
        }
        for (ProducerBatch batch : tail.getBatchesList()) {
            newest.byOffset().put(batch.getBaseOffset(), batch);
        }
        while (newest.byOffset().size() > SharedImage.PRODUCER_BATCHES) {
            newest.byOffset().pollFirstEntry();
        }
    }

    /** The windows that follow from what was gathered. */
    ProducerWindows windows(long logStart, long nowMillis) {
        ProducerWindows windows = new ProducerWindows();
        List<Newest> byAge = producers.values().stream()
                .sorted(Comparator.comparing(newest -> newest.byOffset().lastKey()))
                .toList();
        for (Newest producer : byAge) {
            for (ProducerBatch batch : producer.byOffset().values()) {
                long logAppendMillis = batch.getLogAppendTime() ? batch.getMaxTimestamp() : NO_TIME;
                windows.recovered(
                        producer.producerId(),
                        (short) producer.epoch(),
                        new ProducerWindows.Found(
                                batch.getBaseSequence(),
                                batch.getLastOffsetDelta(),
                                new Outcome.Committed(batch.getBaseOffset(), logAppendMillis, logStart)),
                        nowMillis);
            }
        }
        return windows;
    }
}
