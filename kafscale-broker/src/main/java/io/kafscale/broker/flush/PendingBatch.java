// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import io.kafscale.broker.record.RecordBatch;
import io.kafscale.broker.time.Pending;

/**
 * A batch that has its offsets, and those who wait for what becomes of it. Immutable.
 *
 * @param logAppendMillis time set by the broker, or -1
 */
public record PendingBatch(RecordBatch batch, long logAppendMillis, Pending<Outcome> outcome) {}
