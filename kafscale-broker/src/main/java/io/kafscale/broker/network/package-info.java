// SPDX-License-Identifier: Apache-2.0
/**
 * Stage 1 of 5. Sockets: accept loop, one virtual thread for each connection, frames in, ordered answers out. Calls
 * {@code protocol} to decode and {@code handler} to act; nothing calls it but the wiring.
 */
@NullMarked
package io.kafscale.broker.network;

import org.jspecify.annotations.NullMarked;
