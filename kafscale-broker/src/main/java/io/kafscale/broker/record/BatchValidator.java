// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.record;

import java.nio.ByteBuffer;

/** Judges what a producer sent for one partition, before anything is done with it. Stateless. */
public final class BatchValidator {

    private BatchValidator() {}

    /** What a validation found. Immutable. */
    public sealed interface Validation {

        /** The buffer holds exactly this batch. */
        record Valid(RecordBatch batch) implements Validation {}

        /** The bytes are refused. */
        record Invalid(Problem problem, String message) implements Validation {}
    }

    /** Why bytes are refused. */
    public enum Problem {
        /** The frame of the batch or its checksum is wrong: the bytes are not those that the producer made. */
        CORRUPT,
        /** A format older than that of Kafka 0.11, or an unknown one. */
        UNSUPPORTED_MAGIC,
        /** A codec that does not exist. */
        UNSUPPORTED_COMPRESSION,
        /** The bytes are those that the producer made, but they break a rule. */
        INVALID_RECORD,
        /** The batch is larger than allowed. */
        TOO_LARGE,
        /** A time outside of what the topic allows. */
        INVALID_TIMESTAMP
    }

    /**
     * Judges the bytes between a big-endian buffer's position and limit, which it does not change: exactly one batch of
     * magic 2, as Apache Kafka accepts it from a producer. Compressed records are not looked at.
     */
    public static Validation validate(ByteBuffer records, BatchLimits limits) {
        throw new UnsupportedOperationException(records.toString() + limits);
    }
}
