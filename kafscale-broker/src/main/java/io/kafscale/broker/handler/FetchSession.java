// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.kafscale.broker.bounds.Share;
import io.kafscale.broker.handler.AskedPartition.Place;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchMetadata;

/**
 * What a client fetches again and again, so that its requests name only what is different from the last, and the answers only
 * what has news (KIP-227). A partition whose records were sent goes to the end, so that those before it are not preferred for
 * ever. Thread-safe; guarded by {@code lock}.
 */
final class FetchSession {

    /** What a partition of a session takes of the memory, about: its request, its place and its room in the table. */
    static final int BYTES_PER_PARTITION = 256;

    /** What a session takes of the memory beside its partitions, about. */
    static final int BYTES = 512;

    /** In place of a high watermark, when the client was told something else: whatever comes next is news. */
    private static final long UNTOLD = -1;

    /** What a request means for its session. Immutable. */
    sealed interface Turn {

        /** The session goes on with these partitions, in the order of the answer. */
        record Granted(List<AskedPartition> partitions) implements Turn {}

        /** The client has to begin anew. */
        record Refused(Errors error) implements Turn {}
    }

    /** A partition, and what the client knows of it. Immutable. */
    private record Kept(AskedPartition asked, long highWatermark, long logStartOffset) {

        Kept(AskedPartition asked) {
            this(asked, UNTOLD, UNTOLD);
        }

        boolean isNews(PartitionData found) {
            return found.records().sizeInBytes() > 0
                    || found.errorCode() != Errors.NONE.code()
                    || found.highWatermark() != highWatermark
                    || found.logStartOffset() != logStartOffset
                    || found.divergingEpoch().epoch() >= 0;
        }

        Kept asking(AskedPartition changed) {
            return new Kept(changed, highWatermark, logStartOffset);
        }

        Kept told(PartitionData found) {
            boolean failed = found.errorCode() != Errors.NONE.code();
            return new Kept(asked, failed ? UNTOLD : found.highWatermark(), found.logStartOffset());
        }
    }

    private final int id;
    private final boolean byId;
    private final Share memory;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final Map<Place, Kept> partitions = new LinkedHashMap<>();

    @GuardedBy("lock")
    private int epoch = FetchMetadata.nextEpoch(FetchMetadata.INITIAL_EPOCH);

    @GuardedBy("lock")
    private boolean closed;

    /**
     * A session that begins with a full request.
     *
     * @param id above 0
     * @param byId whether its requests name topics by their ids
     * @param memory for the session with these partitions; its own from here on
     */
    FetchSession(int id, boolean byId, List<AskedPartition> asked, Share memory) {
        this.id = id;
        this.byId = byId;
        this.memory = memory;
        asked.forEach(partition -> partitions.put(partition.place(), new Kept(partition)));
    }

    static long bytes(int partitions) {
        return BYTES + (long) partitions * BYTES_PER_PARTITION;
    }

    int id() {
        return id;
    }

    /** Changes what the session asks for as its next request says; refused when that is not the next one. */
    Turn next(FetchRequestData request, boolean namesById) {
        lock.lock();
        try {
            if (closed) {
                return new Turn.Refused(Errors.FETCH_SESSION_ID_NOT_FOUND);
            }
            if (request.sessionEpoch() != epoch) {
                return new Turn.Refused(Errors.INVALID_FETCH_SESSION_EPOCH);
            }
            if (namesById != byId) {
                return new Turn.Refused(Errors.FETCH_SESSION_TOPIC_ID_ERROR);
            }
            if (!update(AskedPartition.of(request, byId))) {
                return new Turn.Refused(Errors.FETCH_SESSION_ID_NOT_FOUND);
            }
            for (ForgottenTopic topic : request.forgottenTopicsData()) {
                forget(topic);
            }
            memory.shrinkTo(bytes(partitions.size()));
            epoch = FetchMetadata.nextEpoch(epoch);
            return new Turn.Granted(
                    partitions.values().stream().map(Kept::asked).toList());
        } finally {
            lock.unlock();
        }
    }

    /** False when there is no memory for so many partitions; the session is of no use then. */
    @GuardedBy("lock")
    private boolean update(List<AskedPartition> asked) {
        int added = 0;
        for (AskedPartition partition : asked) {
            added += partitions.containsKey(partition.place()) ? 0 : 1;
        }
        if (added > 0 && !memory.tryGrow((long) added * BYTES_PER_PARTITION)) {
            return false;
        }
        for (AskedPartition partition : asked) {
            Kept known = partitions.getOrDefault(partition.place(), new Kept(partition));
            partitions.put(partition.place(), known.asking(partition));
        }
        return true;
    }

    @GuardedBy("lock")
    private void forget(ForgottenTopic topic) {
        TopicKey key = TopicKey.of(byId, topic.topic(), topic.topicId());
        for (int partition : topic.partitions()) {
            partitions.remove(new Place(key, partition));
        }
    }

    /** Leaves in an answer only what the client does not know, and notes that it knows it then; of the first answer, all of it. */
    void keepNews(FetchResponseData answer) {
        lock.lock();
        try {
            for (FetchableTopicResponse topic : answer.responses()) {
                TopicKey key = TopicKey.of(byId, topic.topic(), topic.topicId());
                List<PartitionData> news = new ArrayList<>();
                for (PartitionData found : topic.partitions()) {
                    if (tell(new Place(key, found.partitionIndex()), found)) {
                        news.add(found);
                    }
                }
                topic.setPartitions(news);
            }
            answer.responses().removeIf(topic -> topic.partitions().isEmpty());
        } finally {
            lock.unlock();
        }
    }

    /** True if it is news to the client. */
    @GuardedBy("lock")
    private boolean tell(Place place, PartitionData found) {
        Optional<Kept> known = Optional.ofNullable(partitions.get(place));
        boolean news = known.isEmpty() || known.get().isNews(found);
        if (news && known.isPresent()) {
            if (found.records().sizeInBytes() > 0) {
                partitions.remove(place);
            }
            partitions.put(place, known.get().told(found));
        }
        return news;
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            partitions.clear();
            memory.close();
        } finally {
            lock.unlock();
        }
    }
}
