// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.time.Pending;
import org.apache.kafka.common.protocol.Errors;

/** What became of one partition of a produce request before its answer. Immutable. */
sealed interface Admission {

    /** Its batch is on its way. */
    record Accepted(Pending<Outcome> outcome) implements Admission {}

    /** Its batch is not and will not be written. */
    record Refused(Errors error, String message) implements Admission {}

    /** Its batch is not and will not be written, and belongs to another broker. */
    record Misdirected(PartitionId id) implements Admission {}
}
