// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import org.apache.kafka.common.protocol.ApiKeys;

/**
 * What stands before the body of a request. Immutable.
 *
 * @param version as sent, which need not be one that is served
 * @param clientId as sent, empty when none was
 */
public record RequestHeader(ApiKeys api, short version, int correlationId, String clientId) {}
