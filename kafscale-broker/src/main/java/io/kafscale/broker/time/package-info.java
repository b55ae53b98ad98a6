// SPDX-License-Identifier: Apache-2.0
/**
 * Beside the way. The only clock, the only timed waits and the only place that starts threads, so that the same code
 * runs in real and in simulated time.
 */
@NullMarked
package io.kafscale.broker.time;

import org.jspecify.annotations.NullMarked;
