// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;

/** What is shown and served, against what the message classes know and what the documentation says. */
class VersionTableTest {

    private static final VersionTable TABLE = VersionTable.current();

    /** Versions that the message classes know and that are left out on purpose. */
    private static final Map<ApiKeys, Integer> LEFT_OUT = Map.of(ApiKeys.FIND_COORDINATOR, 6);

    @Test
    void servesEveryStableVersionThatTheMessageClassesKnow() {
        TABLE.served().forEach((api, range) -> {
            int newest = LEFT_OUT.containsKey(api) ? LEFT_OUT.get(api) - 1 : api.latestVersion(false);
            assertThat(range).as("%s", api).isEqualTo(new VersionRange(api.messageType.lowestSupportedVersion(), (short)
                    newest));
        });
    }

    @Test
    void servesWhatStockClientsNeed() {
        assertThat(TABLE.served().keySet())
                .containsExactlyInAnyOrder(
                        ApiKeys.API_VERSIONS,
                        ApiKeys.METADATA,
                        ApiKeys.DESCRIBE_CLUSTER,
                        ApiKeys.CREATE_TOPICS,
                        ApiKeys.DELETE_TOPICS,
                        ApiKeys.DELETE_RECORDS,
                        ApiKeys.PRODUCE,
                        ApiKeys.INIT_PRODUCER_ID,
                        ApiKeys.FETCH,
                        ApiKeys.LIST_OFFSETS,
                        ApiKeys.OFFSET_FOR_LEADER_EPOCH,
                        ApiKeys.FIND_COORDINATOR,
                        ApiKeys.JOIN_GROUP,
                        ApiKeys.SYNC_GROUP,
                        ApiKeys.HEARTBEAT,
                        ApiKeys.LEAVE_GROUP,
                        ApiKeys.OFFSET_COMMIT,
                        ApiKeys.OFFSET_FETCH,
                        ApiKeys.LIST_GROUPS,
                        ApiKeys.DESCRIBE_GROUPS,
                        ApiKeys.DELETE_GROUPS,
                        ApiKeys.DESCRIBE_CONFIGS,
                        ApiKeys.ALTER_CONFIGS,
                        ApiKeys.INCREMENTAL_ALTER_CONFIGS,
                        ApiKeys.CREATE_PARTITIONS,
                        ApiKeys.DESCRIBE_TOPIC_PARTITIONS,
                        ApiKeys.DESCRIBE_LOG_DIRS,
                        ApiKeys.OFFSET_DELETE,
                        ApiKeys.ELECT_LEADERS,
                        ApiKeys.ALTER_PARTITION_REASSIGNMENTS,
                        ApiKeys.LIST_PARTITION_REASSIGNMENTS,
                        ApiKeys.DESCRIBE_CLIENT_QUOTAS,
                        ApiKeys.DESCRIBE_USER_SCRAM_CREDENTIALS,
                        ApiKeys.DESCRIBE_ACLS,
                        ApiKeys.CREATE_ACLS,
                        ApiKeys.DELETE_ACLS,
                        ApiKeys.LIST_TRANSACTIONS);
    }

    @Test
    void showsProduceFromZeroAndServesItFromThree() {
        assertThat(TABLE.advertised().get(ApiKeys.PRODUCE)).isEqualTo(new VersionRange((short) 0, (short) 13));
        assertThat(TABLE.serves(ApiKeys.PRODUCE, (short) 2)).isFalse();
        assertThat(TABLE.serves(ApiKeys.PRODUCE, (short) 3)).isTrue();
        assertThat(TABLE.serves(ApiKeys.PRODUCE, (short) 13)).isTrue();
        assertThat(TABLE.serves(ApiKeys.PRODUCE, (short) 14)).isFalse();
    }

    @Test
    void showsEverythingElseAsItIsServed() {
        TABLE.served().forEach((api, range) -> {
            if (api != ApiKeys.PRODUCE) {
                assertThat(TABLE.advertised().get(api)).as("%s", api).isEqualTo(range);
            }
        });
        assertThat(TABLE.advertised().keySet()).isEqualTo(TABLE.served().keySet());
    }

    @Test
    void servesNothingElse() {
        assertThat(TABLE.serves(ApiKeys.VOTE, (short) 0)).isFalse();
        assertThat(TABLE.serves(ApiKeys.METADATA, (short) -1)).isFalse();
    }

    @Test
    void refusesARangeThatEndsBeforeItBegins() {
        assertThatThrownBy(() -> new VersionRange((short) 3, (short) 2)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new VersionRange((short) -1, (short) 2)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void isWhatTheDocumentationSays() throws IOException {
        List<String> rows = TABLE.served().entrySet().stream()
                .map(entry -> row(entry.getKey(), entry.getValue()))
                .toList();
        List<String> documented = Files.readAllLines(Path.of("..", "docs", "protocol.md")).stream()
                .filter(line -> line.matches("\\| \\w+ \\| \\d+ \\| \\d+ to \\d+ \\|.*"))
                .map(line -> line.substring(0, line.indexOf('|', line.indexOf(" to ")) + 1))
                .toList();
        assertThat(documented).containsExactlyElementsOf(rows);
    }

    private static String row(ApiKeys api, VersionRange range) {
        return "| " + api.name + " | " + api.id + " | " + range.first() + " to " + range.last() + " |";
    }
}
