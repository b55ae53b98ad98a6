// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.grpc.ManagedChannel;

/**
 * A channel to one member. Thread-safe, as the channel is.
 *
 * @param index the member's place among the endpoints
 */
record EtcdLine(int index, EtcdSettings.Endpoint endpoint, ManagedChannel channel) {}
