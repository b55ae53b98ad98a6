// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import io.kafscale.proto.metadata.ClusterIdentity;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The bucket's half of a cluster's identity, {@code cluster.json}: said by the metadata's half alone, so that everybody who
 * writes it writes the same. Immutable.
 *
 * @param created when the cluster was made, ISO-8601 in UTC
 */
record BucketIdentity(String uuid, String clusterId, int formatVersion, String created) {

    static BucketIdentity of(ClusterIdentity metadata, String clusterId) {
        return new BucketIdentity(
                metadata.getUuid(),
                clusterId,
                metadata.getFormatVersion(),
                Instant.ofEpochMilli(metadata.getCreatedMs()).toString());
    }

    /** Empty when the bytes are none. */
    static Optional<BucketIdentity> parse(ByteBuffer bytes) {
        return FlatJson.parse(bytes).flatMap(BucketIdentity::read);
    }

    private static Optional<BucketIdentity> read(FlatJson json) {
        OptionalLong version = json.number("format_version");
        Optional<String> uuid = json.text("uuid").filter(text -> !text.isEmpty());
        if (uuid.isEmpty() || version.isEmpty() || version.getAsLong() < 1 || version.getAsLong() > Integer.MAX_VALUE) {
            return Optional.empty();
        }
        return Optional.of(new BucketIdentity(
                uuid.get(),
                json.text("cluster_id").orElse(""),
                (int) version.getAsLong(),
                json.text("created").orElse("")));
    }

    ByteBuffer toBytes() {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("uuid", uuid);
        fields.put("cluster_id", clusterId);
        fields.put("format_version", Integer.toString(formatVersion));
        fields.put("created", created);
        return new FlatJson(fields).toBytes();
    }
}
