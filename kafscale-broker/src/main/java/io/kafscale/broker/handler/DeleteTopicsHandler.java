// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.DeleteResult;
import io.kafscale.broker.cluster.TopicCatalog;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResultCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/** DeleteTopics: forgets topics by name or, from version 6 on, by id. Thread-safe. */
public final class DeleteTopicsHandler implements ApiHandler<DeleteTopicsRequestData> {

    private static final short FIRST_VERSION_WITH_IDS = 6;

    private final TopicCatalog catalog;
    private final RequestPolicy policy;

    public DeleteTopicsHandler(TopicCatalog catalog, RequestPolicy policy) {
        this.catalog = catalog;
        this.policy = policy;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.DELETE_TOPICS;
    }

    @Override
    public Answer handle(RequestContext context, DeleteTopicsRequestData request) {
        List<DeleteTopicState> topics = context.version() >= FIRST_VERSION_WITH_IDS
                ? request.topics()
                : request.topicNames().stream()
                        .map(name -> new DeleteTopicState().setName(name))
                        .toList();
        Repeats repeats = new Repeats(topics);
        Deletions deletions = new Deletions(repeats);
        DeletableTopicResultCollection results = new DeletableTopicResultCollection(topics.size());
        for (DeleteTopicState topic : topics) {
            if (repeats.isFirst(topic)) {
                results.add(deletions.answer(topic));
            }
        }
        return new Answer.Ready(new DeleteTopicsResponseData().setResponses(results));
    }

    /**
     * The topics that a request names more than once, by name, by id, or by both; none of them is deleted. Confined to the
     * thread that handles the request.
     */
    private final class Repeats {

        private final Set<String> names = new HashSet<>();
        private final Set<Uuid> ids = new HashSet<>();
        private final Set<String> repeatedNames = new HashSet<>();
        private final Set<Uuid> repeatedIds = new HashSet<>();
        private final Set<String> answeredNames = new HashSet<>();
        private final Set<Uuid> answeredIds = new HashSet<>();

        Repeats(List<DeleteTopicState> topics) {
            for (DeleteTopicState topic : topics) {
                if (isByName(topic) && !names.add(topic.name())) {
                    repeatedNames.add(topic.name());
                }
                if (isById(topic) && !ids.add(topic.topicId())) {
                    repeatedIds.add(topic.topicId());
                }
            }
        }

        boolean isRepeated(DeleteTopicState topic) {
            if (isByName(topic)) {
                return repeatedNames.contains(topic.name())
                        || catalog.find(topic.name())
                                .filter(found -> ids.contains(TopicKey.toKafka(found.id())))
                                .isPresent();
            }
            return repeatedIds.contains(topic.topicId())
                    || catalog.find(TopicKey.fromKafka(topic.topicId()))
                            .filter(found -> names.contains(found.name()))
                            .isPresent();
        }

        /** What is named twice is answered once. */
        boolean isFirst(DeleteTopicState topic) {
            if (isByName(topic)) {
                return answeredNames.add(topic.name());
            }
            return !isById(topic) || answeredIds.add(topic.topicId());
        }
    }

    private static boolean isByName(DeleteTopicState topic) {
        return topic.name() != null && Uuid.ZERO_UUID.equals(topic.topicId());
    }

    private static boolean isById(DeleteTopicState topic) {
        return topic.name() == null && !Uuid.ZERO_UUID.equals(topic.topicId());
    }

    /** The deletions of one request. Confined to the thread that handles it. */
    private final class Deletions {

        private final Repeats repeats;

        /** An unknown id makes the catalog read everything anew, which one request may cause once only. */
        private boolean readAnew;

        Deletions(Repeats repeats) {
            this.repeats = repeats;
        }

        DeletableTopicResult answer(DeleteTopicState topic) {
            DeletableTopicResult result = new SpreadResult();
            result.setName(topic.name()).setTopicId(topic.topicId());
            ApiError error = delete(topic, result);
            if (error.isFailure()) {
                result.setErrorCode(error.error().code()).setErrorMessage(error.messageWithFallback());
            }
            return result;
        }

        private ApiError delete(DeleteTopicState topic, DeletableTopicResult result) {
            if (!policy.adminAllowed()) {
                return KnownErrors.adminRefused();
            }
            boolean byId = isById(topic);
            if (!byId && !isByName(topic)) {
                return new ApiError(Errors.INVALID_REQUEST, "a topic is named either by its name or by its id");
            }
            if (repeats.isRepeated(topic)) {
                return new ApiError(Errors.INVALID_REQUEST, "the request names the topic twice");
            }
            DeleteResult deleted = byId ? delete(TopicKey.fromKafka(topic.topicId())) : catalog.delete(topic.name());
            if (deleted instanceof DeleteResult.Deleted gone) {
                result.setName(gone.topic().name())
                        .setTopicId(TopicKey.toKafka(gone.topic().id()));
            }
            return KnownErrors.of(deleted, byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }

        private DeleteResult delete(UUID id) {
            if (catalog.find(id).isEmpty()) {
                if (readAnew) {
                    return new DeleteResult.Unknown();
                }
                readAnew = true;
            }
            return catalog.delete(id);
        }
    }

    /**
     * Spreads well over the answer's hash table whatever names a client sends, as {@link SpreadTopic} does. Confined to
     * the answer that holds it.
     */
    private static final class SpreadResult extends DeletableTopicResult {

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }

        @Override
        public boolean equals(Object other) {
            return this == other;
        }
    }
}
