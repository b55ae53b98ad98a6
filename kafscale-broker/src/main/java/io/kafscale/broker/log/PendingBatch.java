// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.log.AppendResult.Outcome;
import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.time.Pending;

/**
 * A batch that has its offsets, and those who wait for what becomes of it. Immutable.
 *
 * @param logAppendMillis time set by the broker, or -1
 */
record PendingBatch(RecordBatch batch, long logAppendMillis, Pending<Outcome> outcome) {}
