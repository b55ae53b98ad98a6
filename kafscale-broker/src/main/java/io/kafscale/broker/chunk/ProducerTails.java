// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

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
public final class ProducerTails {

    private final Map<Long, Newest> producers = new HashMap<>();

    private record Newest(long producerId, int epoch, TreeMap<Long, ProducerBatch> byOffset) {}

    public void add(ProducerTail tail) {
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

    /** What was gathered, the producer that was silent for longest first, its batches in the order of their offsets. */
    public List<ProducerTail> byAge() {
        return producers.values().stream()
                .sorted(Comparator.comparing(newest -> newest.byOffset().lastKey()))
                .map(newest -> ProducerTail.newBuilder()
                        .setProducerId(newest.producerId())
                        .setProducerEpoch(newest.epoch())
                        .addAllBatches(newest.byOffset().values())
                        .build())
                .toList();
    }
}
