// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * Which APIs the broker implements, in which versions it serves them and which versions it shows to clients. Everything
 * else closes the connection. Immutable.
 */
public final class VersionTable {

    /** Produce is shown from 0 because librdkafka looks for that, as Apache Kafka 4 does too (KIP-896). */
    private static final short PRODUCE_SHOWN_FROM = 0;

    private final Map<ApiKeys, VersionRange> served;
    private final Map<ApiKeys, VersionRange> advertised;

    private VersionTable(Map<ApiKeys, VersionRange> served) {
        Map<ApiKeys, VersionRange> shown = new EnumMap<>(served);
        shown.computeIfPresent(ApiKeys.PRODUCE, (api, range) -> new VersionRange(PRODUCE_SHOWN_FROM, range.last()));
        this.served = Collections.unmodifiableMap(new EnumMap<>(served));
        this.advertised = Collections.unmodifiableMap(shown);
    }

    /** What this broker implements. A version that its message class calls unstable is not among them. */
    public static VersionTable current() {
        Map<ApiKeys, VersionRange> served = new EnumMap<>(ApiKeys.class);
        put(served, ApiKeys.PRODUCE, 3, 13);
        put(served, ApiKeys.FETCH, 4, 18);
        put(served, ApiKeys.LIST_OFFSETS, 1, 11);
        put(served, ApiKeys.METADATA, 0, 13);
        put(served, ApiKeys.OFFSET_COMMIT, 2, 10);
        put(served, ApiKeys.OFFSET_FETCH, 1, 10);
        // 6 adds share groups.
        put(served, ApiKeys.FIND_COORDINATOR, 0, 5);
        put(served, ApiKeys.JOIN_GROUP, 0, 9);
        put(served, ApiKeys.HEARTBEAT, 0, 4);
        put(served, ApiKeys.LEAVE_GROUP, 0, 5);
        put(served, ApiKeys.SYNC_GROUP, 0, 5);
        put(served, ApiKeys.DESCRIBE_GROUPS, 0, 6);
        put(served, ApiKeys.LIST_GROUPS, 0, 5);
        put(served, ApiKeys.API_VERSIONS, 0, 5);
        put(served, ApiKeys.CREATE_TOPICS, 2, 7);
        put(served, ApiKeys.DELETE_TOPICS, 1, 6);
        put(served, ApiKeys.DELETE_RECORDS, 0, 2);
        put(served, ApiKeys.INIT_PRODUCER_ID, 0, 5);
        put(served, ApiKeys.OFFSET_FOR_LEADER_EPOCH, 2, 4);
        put(served, ApiKeys.DESCRIBE_ACLS, 1, 3);
        put(served, ApiKeys.CREATE_ACLS, 1, 3);
        put(served, ApiKeys.DELETE_ACLS, 1, 3);
        put(served, ApiKeys.DESCRIBE_CONFIGS, 1, 4);
        put(served, ApiKeys.ALTER_CONFIGS, 0, 2);
        put(served, ApiKeys.DESCRIBE_LOG_DIRS, 1, 5);
        put(served, ApiKeys.CREATE_PARTITIONS, 0, 3);
        put(served, ApiKeys.DELETE_GROUPS, 0, 3);
        put(served, ApiKeys.ELECT_LEADERS, 0, 2);
        put(served, ApiKeys.INCREMENTAL_ALTER_CONFIGS, 0, 1);
        put(served, ApiKeys.ALTER_PARTITION_REASSIGNMENTS, 0, 1);
        put(served, ApiKeys.LIST_PARTITION_REASSIGNMENTS, 0, 0);
        put(served, ApiKeys.OFFSET_DELETE, 0, 0);
        put(served, ApiKeys.DESCRIBE_CLIENT_QUOTAS, 0, 1);
        put(served, ApiKeys.DESCRIBE_USER_SCRAM_CREDENTIALS, 0, 0);
        put(served, ApiKeys.DESCRIBE_CLUSTER, 0, 2);
        put(served, ApiKeys.LIST_TRANSACTIONS, 0, 2);
        put(served, ApiKeys.DESCRIBE_TOPIC_PARTITIONS, 0, 0);
        return new VersionTable(served);
    }

    private static void put(Map<ApiKeys, VersionRange> served, ApiKeys api, int first, int last) {
        served.put(api, new VersionRange((short) first, (short) last));
    }

    /** Every API with the versions that are answered by their meaning, in the order of the API keys' declaration. */
    public Map<ApiKeys, VersionRange> served() {
        return served;
    }

    /** Every API with the versions that ApiVersions shows. */
    public Map<ApiKeys, VersionRange> advertised() {
        return advertised;
    }

    public boolean serves(ApiKeys api, short version) {
        return Optional.ofNullable(served.get(api))
                .map(range -> range.includes(version))
                .orElse(false);
    }
}
