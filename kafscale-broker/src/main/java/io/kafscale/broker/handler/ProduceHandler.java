// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * Produce: gives every batch its place in its partition at once, in the order of the request, and answers when all of
 * them are committed or the request's time is up. Thread-safe.
 */
public final class ProduceHandler implements ApiHandler<ProduceRequestData> {

    private static final short ACKS_NONE = 0;
    private static final short ACKS_LEADER = 1;
    private static final short ACKS_ALL = -1;
    private static final short FIRST_VERSION_WITH_TOPIC_IDS = 13;

    /**
     * With acks=1 Kafka waits for nobody, so its clients do not expect to run out of time, and send again what is committed
     * meanwhile. As long as clients wait for an answer by default.
     */
    private static final Duration LEADER_PATIENCE = Duration.ofSeconds(30);

    private final BatchAdmission admission;
    private final LeaderDirectory leaders;
    private final RequestPolicy policy;
    private final Clock clock;

    public ProduceHandler(PartitionResolver partitions, LeaderDirectory leaders, RequestPolicy policy, Clock clock) {
        this.admission = new BatchAdmission(partitions, clock);
        this.leaders = leaders;
        this.policy = policy;
        this.clock = clock;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.PRODUCE;
    }

    @Override
    public Answer handle(RequestContext context, ProduceRequestData request) throws InterruptedException {
        Deadline deadline = Deadline.afterMillis(clock, request.timeoutMs());
        List<ProduceAnswer.Topic> topics = new ArrayList<>(request.topicData().size());
        for (TopicProduceData topic : request.topicData()) {
            topics.add(admit(context.version(), request.acks(), topic, deadline));
        }
        ProduceAnswer answer = new ProduceAnswer(context.version(), topics, leaders);
        return switch (request.acks()) {
            case ACKS_NONE -> silence(answer);
            case ACKS_LEADER ->
                policy.syncFlush()
                        ? wait(answer, deadline.orLater(Deadline.after(clock, LEADER_PATIENCE)))
                        : new Answer.Ready(answer.withoutWaiting());
            case ACKS_ALL -> wait(answer, deadline);
            default -> new Answer.Ready(answer.withoutWaiting());
        };
    }

    private ProduceAnswer.Topic admit(short version, short acks, TopicProduceData topic, Deadline deadline)
            throws InterruptedException {
        TopicKey key = TopicKey.of(version >= FIRST_VERSION_WITH_TOPIC_IDS, topic.name(), topic.topicId());
        List<ProduceAnswer.Partition> partitions =
                new ArrayList<>(topic.partitionData().size());
        Set<Integer> seen = new HashSet<>();
        for (PartitionProduceData data : topic.partitionData()) {
            Admission admitted;
            if (acks < ACKS_ALL || acks > ACKS_LEADER) {
                admitted = new Admission.Refused(
                        Errors.INVALID_REQUIRED_ACKS, "acks is " + acks + ", which is none of -1, 0 and 1");
            } else if (!seen.add(data.index())) {
                admitted = new Admission.Refused(
                        Errors.INVALID_REQUEST, "the request names partition " + data.index() + " twice");
            } else {
                admitted = admission.admit(key, data.index(), data.records(), version, deadline);
            }
            partitions.add(new ProduceAnswer.Partition(data.index(), admitted));
        }
        return new ProduceAnswer.Topic(topic.name(), topic.topicId(), partitions);
    }

    private Answer wait(ProduceAnswer answer, Deadline deadline) {
        return answer.isPending()
                ? new Answer.Later(() -> new Answer.Ready(answer.await(clock, deadline)))
                : new Answer.Ready(answer.withoutWaiting());
    }

    private static Answer silence(ProduceAnswer answer) {
        return answer.firstError()
                .<Answer>map(error -> new Answer.Disconnect("produce with acks=0 failed: " + error))
                .orElseGet(Answer.Silent::new);
    }
}
