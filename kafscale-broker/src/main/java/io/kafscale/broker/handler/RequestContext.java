// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import org.apache.kafka.common.protocol.ApiKeys;

/**
 * Who asks, and in which version. Immutable.
 *
 * @param clientId as sent, empty when none was
 * @param clientHost the peer's address as text, with the leading slash that Kafka's tools show
 */
public record RequestContext(ApiKeys api, short version, int correlationId, String clientId, String clientHost) {}
