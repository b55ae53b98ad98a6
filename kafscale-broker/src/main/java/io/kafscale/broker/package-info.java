// SPDX-License-Identifier: Apache-2.0
/**
 * The broker, wired. Each package is one room on the way of a record, in the order in which a request meets them:
 *
 * <pre>
 * network ─▶ protocol ─▶ handler ─▶ ┬ log ─▶ flush ─▶ merge ─▶ chunk ─▶ ┬ storage   (objects: directory, S3, memory)
 *                                   │    ─▶ read, recovery ──▶ chunk ─▶ │
 *                                   ├ group ──────────────────────────▶ │
 *                                   └ cluster ────────────────────────▶ └ metadata  (revisioned keys)
 * </pre>
 *
 * <p>Beside the way: {@code record} (the batch format), {@code disk} (what the stores of a local directory stand on), {@code
 * time} (the only clock and the only timed waits) and {@code telemetry} (metrics and logs). This root package holds the
 * start-up, the configuration and the wiring, and nothing else knows every room.
 */
@NullMarked
package io.kafscale.broker;

import org.jspecify.annotations.NullMarked;
