// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.cluster.AlterResult;
import io.kafscale.broker.cluster.CreateResult;
import io.kafscale.broker.cluster.DeleteResult;
import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.log.AppendResult;
import io.kafscale.broker.record.BatchValidator;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/**
 * The one place where what another room found becomes a Kafka error code. A code that means "not written" is used only
 * where that is certain, and none of them makes a producer start its sequence anew. Stateless.
 */
final class KnownErrors {
    private KnownErrors() {}

    static Errors of(AppendResult.Reason reason) {
        return switch (reason) {
            case OUT_OF_ORDER_SEQUENCE -> Errors.OUT_OF_ORDER_SEQUENCE_NUMBER;
            case INVALID_PRODUCER_EPOCH -> Errors.INVALID_PRODUCER_EPOCH;
            case DUPLICATE_SEQUENCE -> Errors.DUPLICATE_SEQUENCE_NUMBER;
            case OVERLOADED -> Errors.NOT_ENOUGH_REPLICAS;
            case NOT_OWNER -> Errors.NOT_LEADER_OR_FOLLOWER;
        };
    }

    static ApiError of(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Committed committed -> ApiError.NONE;
            case Outcome.NotAppended not -> new ApiError(Errors.KAFKA_STORAGE_ERROR, not.message());
            case Outcome.Unknown unknown -> new ApiError(Errors.REQUEST_TIMED_OUT, unknown.message());
        };
    }

    static Errors of(BatchValidator.Problem problem) {
        return switch (problem) {
            case CORRUPT -> Errors.CORRUPT_MESSAGE;
            case UNSUPPORTED_MAGIC, INVALID_RECORD -> Errors.INVALID_RECORD;
            case UNSUPPORTED_COMPRESSION -> Errors.UNSUPPORTED_COMPRESSION_TYPE;
            case TOO_LARGE -> Errors.MESSAGE_TOO_LARGE;
            case INVALID_TIMESTAMP -> Errors.INVALID_TIMESTAMP;
        };
    }

    static ApiError of(CreateResult result) {
        return switch (result) {
            case CreateResult.Created created -> ApiError.NONE;
            case CreateResult.Exists exists -> new ApiError(Errors.TOPIC_ALREADY_EXISTS, exists.message());
            case CreateResult.InvalidName name -> new ApiError(Errors.INVALID_TOPIC_EXCEPTION, name.message());
            case CreateResult.InvalidPartitions number -> new ApiError(Errors.INVALID_PARTITIONS, number.message());
            case CreateResult.InvalidConfig config -> new ApiError(Errors.INVALID_CONFIG, config.message());
            case CreateResult.Unavailable silent -> new ApiError(Errors.REQUEST_TIMED_OUT, silent.message());
        };
    }

    /** How the change of a topic ended. */
    static ApiError of(AlterResult result) {
        return switch (result) {
            case AlterResult.Altered altered -> ApiError.NONE;
            case AlterResult.Unknown unknown -> new ApiError(Errors.UNKNOWN_TOPIC_OR_PARTITION);
            case AlterResult.InvalidPartitions number -> new ApiError(Errors.INVALID_PARTITIONS, number.message());
            case AlterResult.InvalidConfig config -> new ApiError(Errors.INVALID_CONFIG, config.message());
            case AlterResult.Unavailable silent -> new ApiError(Errors.REQUEST_TIMED_OUT, silent.message());
        };
    }

    /** @param unknown what a topic that is not there is called */
    static ApiError of(DeleteResult result, Errors unknown) {
        return switch (result) {
            case DeleteResult.Deleted deleted -> ApiError.NONE;
            case DeleteResult.Unknown none -> new ApiError(unknown);
            case DeleteResult.Unavailable silent -> new ApiError(Errors.REQUEST_TIMED_OUT, silent.message());
        };
    }

    /** Topic administration is switched off. */
    static ApiError adminRefused() {
        return new ApiError(Errors.POLICY_VIOLATION, "topic administration by request is switched off on this broker");
    }
}
