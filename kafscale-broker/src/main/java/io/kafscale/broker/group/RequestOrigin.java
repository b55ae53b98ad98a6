// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

/**
 * Who asks, and in which version of the API. Immutable.
 *
 * @param clientId as sent, empty when none was
 * @param clientHost the peer's address as text, with the leading slash that Kafka's tools show
 */
public record RequestOrigin(String clientId, String clientHost, short apiVersion) {}
