// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import io.kafscale.broker.protocol.VersionTable;
import java.util.regex.Pattern;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersionCollection;
import org.apache.kafka.common.message.ApiVersionsResponseData.FinalizedFeatureKey;
import org.apache.kafka.common.message.ApiVersionsResponseData.FinalizedFeatureKeyCollection;
import org.apache.kafka.common.message.ApiVersionsResponseData.SupportedFeatureKey;
import org.apache.kafka.common.message.ApiVersionsResponseData.SupportedFeatureKeyCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * Tells a client what may be asked here (KIP-35, KIP-511), and turns away one that meant to reach another broker
 * (KIP-1242). Immutable, thus thread-safe.
 */
public final class ApiVersionsHandler implements ApiHandler<ApiVersionsRequestData> {

    /** The level of Apache Kafka 4.0 (4.0-IV3); consoles switch features off when none is shown. */
    private static final String METADATA_VERSION = "metadata.version";

    private static final short METADATA_LEVEL = 25;
    private static final short LOWEST_METADATA_LEVEL = 7;

    private static final short SOFTWARE_NAME_SINCE = 3;
    private static final short TARGET_SINCE = 5;
    private static final int ANY_NODE = -1;
    private static final Pattern SOFTWARE = Pattern.compile("[a-zA-Z0-9](?:[a-zA-Z0-9\\-.]*[a-zA-Z0-9])?");

    private final VersionTable versions;
    private final String clusterId;
    private final int nodeId;

    /** Shows the table's versions on behalf of that broker of that cluster. */
    public ApiVersionsHandler(VersionTable versions, String clusterId, int nodeId) {
        this.versions = versions;
        this.clusterId = clusterId;
        this.nodeId = nodeId;
    }

    @Override
    public ApiKeys api() {
        return ApiKeys.API_VERSIONS;
    }

    /** Answers any version; the answer to one that is not served is to be sent in version 0. */
    @Override
    public Answer handle(RequestContext context, ApiVersionsRequestData request) {
        if (!versions.serves(ApiKeys.API_VERSIONS, context.version())) {
            return new Answer.Ready(new ApiVersionsResponseData()
                    .setErrorCode(Errors.UNSUPPORTED_VERSION.code())
                    .setApiKeys(apiKeys()));
        }
        if (context.version() >= SOFTWARE_NAME_SINCE && !namesItself(request)) {
            return refusal(Errors.INVALID_REQUEST);
        }
        if (context.version() >= TARGET_SINCE) {
            boolean anyNode = request.nodeId() == ANY_NODE;
            if ((request.clusterId() == null) != anyNode) {
                return refusal(Errors.INVALID_REQUEST);
            }
            if (!anyNode && !meansThisBroker(request)) {
                return refusal(Errors.REBOOTSTRAP_REQUIRED);
            }
        }
        return new Answer.Ready(new ApiVersionsResponseData()
                .setApiKeys(apiKeys())
                .setSupportedFeatures(supportedFeatures())
                .setFinalizedFeatures(finalizedFeatures())
                .setFinalizedFeaturesEpoch(0));
    }

    private static Answer refusal(Errors error) {
        return new Answer.Ready(new ApiVersionsResponseData().setErrorCode(error.code()));
    }

    private static boolean namesItself(ApiVersionsRequestData request) {
        return SOFTWARE.matcher(request.clientSoftwareName()).matches()
                && SOFTWARE.matcher(request.clientSoftwareVersion()).matches();
    }

    private boolean meansThisBroker(ApiVersionsRequestData request) {
        return clusterId.equals(request.clusterId()) && request.nodeId() == nodeId;
    }

    private ApiVersionCollection apiKeys() {
        ApiVersionCollection shown =
                new ApiVersionCollection(versions.advertised().size());
        versions.advertised()
                .forEach((api, range) -> shown.add(new ApiVersion()
                        .setApiKey(api.id)
                        .setMinVersion(range.first())
                        .setMaxVersion(range.last())));
        return shown;
    }

    private static SupportedFeatureKeyCollection supportedFeatures() {
        SupportedFeatureKeyCollection features = new SupportedFeatureKeyCollection(1);
        features.add(new SupportedFeatureKey()
                .setName(METADATA_VERSION)
                .setMinVersion(LOWEST_METADATA_LEVEL)
                .setMaxVersion(METADATA_LEVEL));
        return features;
    }

    private static FinalizedFeatureKeyCollection finalizedFeatures() {
        FinalizedFeatureKeyCollection features = new FinalizedFeatureKeyCollection(1);
        features.add(new FinalizedFeatureKey()
                .setName(METADATA_VERSION)
                .setMinVersionLevel(METADATA_LEVEL)
                .setMaxVersionLevel(METADATA_LEVEL));
        return features;
    }
}
