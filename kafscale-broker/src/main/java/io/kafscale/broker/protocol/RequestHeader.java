// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import org.apache.kafka.common.protocol.ApiKeys;

/**
 * What stands before the body of a request. Immutable.
 *
 * @param version as sent; for ApiVersions it need not be one that is served
 * @param clientId as sent, empty when none was
 */
public record RequestHeader(ApiKeys api, short version, int correlationId, String clientId) {

    /** The name of the API as Kafka's documentation has it. */
    public String apiName() {
        return api.name;
    }

    /** Whether the next request of this kind may be taken up while this one waits for its answer. */
    public boolean mayOverlap() {
        return api == ApiKeys.PRODUCE;
    }

    /** Whether what was parsed goes on using the bytes of the frame; only records do. */
    public boolean needsItsFrame() {
        return api == ApiKeys.PRODUCE;
    }

    /**
     * Whether the request changes nothing while it waits for something to happen, so that it may be broken off when the
     * broker closes.
     */
    public boolean mayBeBrokenOff() {
        return switch (api) {
            case FETCH, JOIN_GROUP, SYNC_GROUP -> true;
            default -> false;
        };
    }

    /** The version to answer in: a client that asks for too new an ApiVersions understands version 0 (KIP-511). */
    short answerVersion() {
        return api == ApiKeys.API_VERSIONS && !api.isVersionSupported(version) ? 0 : version;
    }
}
