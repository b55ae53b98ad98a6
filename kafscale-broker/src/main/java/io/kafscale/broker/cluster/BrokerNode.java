// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import java.util.Optional;

/** A broker as clients are told of it. Immutable. */
public record BrokerNode(int id, String host, int port, Optional<String> rack) {}
