// SPDX-License-Identifier: Apache-2.0
/**
 * Beside the way. Log set-up, which every room may use.
 */
@NullMarked
package io.kafscale.broker.telemetry;

import org.jspecify.annotations.NullMarked;
