// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.kafscale.it.client.Scenario;
import io.kafscale.it.process.ClientJvm;
import io.kafscale.it.process.ForeignClient;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The Java clients of today and of years ago, each with the settings that a user gets who sets none. */
@ExtendWith(SharedBroker.class)
class KafkaClientsTest {
    private static final Map<ForeignClient, ClientJvm> JVMS = new EnumMap<>(ForeignClient.class);

    @AfterAll
    static void closeJvms() {
        JVMS.values().forEach(ClientJvm::close);
        JVMS.clear();
    }

    @ParameterizedTest
    @EnumSource
    void aProducerWithAllDefaultsAndAConsumerExchangeRecords(ForeignClient client, Bootstrap broker) {
        run(client, Scenario.ROUND_TRIP, broker);
    }

    @ParameterizedTest
    @EnumSource
    void anIdempotentProducerIsServed(ForeignClient client, Bootstrap broker) {
        run(client, Scenario.ROUND_TRIP, broker, "enable.idempotence=true", "acks=all");
    }

    @ParameterizedTest
    @CsvSource({
        "KAFKA_CLIENTS_4, 0", "KAFKA_CLIENTS_4, 1", "KAFKA_CLIENTS_4, all",
        "KAFKA_CLIENTS_3_9, 0", "KAFKA_CLIENTS_3_9, 1", "KAFKA_CLIENTS_3_9, all",
        "KAFKA_CLIENTS_2_8, 0", "KAFKA_CLIENTS_2_8, 1", "KAFKA_CLIENTS_2_8, all"
    })
    void recordsArriveWithEveryKindOfAcknowledgement(ForeignClient client, String acks, Bootstrap broker) {
        run(client, Scenario.ROUND_TRIP, broker, "acks=" + acks);
    }

    @ParameterizedTest
    @CsvSource({
        "KAFKA_CLIENTS_4, none",
        "KAFKA_CLIENTS_4, gzip",
        "KAFKA_CLIENTS_4, snappy",
        "KAFKA_CLIENTS_4, lz4",
        "KAFKA_CLIENTS_4, zstd",
        "KAFKA_CLIENTS_3_9, none",
        "KAFKA_CLIENTS_3_9, gzip",
        "KAFKA_CLIENTS_3_9, snappy",
        "KAFKA_CLIENTS_3_9, lz4",
        "KAFKA_CLIENTS_3_9, zstd",
        "KAFKA_CLIENTS_2_8, none",
        "KAFKA_CLIENTS_2_8, gzip",
        "KAFKA_CLIENTS_2_8, snappy",
        "KAFKA_CLIENTS_2_8, lz4",
        "KAFKA_CLIENTS_2_8, zstd"
    })
    void recordsArriveWithEveryCompression(ForeignClient client, String codec, Bootstrap broker) {
        run(client, Scenario.ROUND_TRIP, broker, "compression.type=" + codec);
    }

    @ParameterizedTest
    @EnumSource
    void recordsArriveThatAreAsLargeAsTheTopicAllows(ForeignClient client, Bootstrap broker) {
        run(client, Scenario.LARGE_RECORDS, broker);
    }

    @ParameterizedTest
    @EnumSource
    void timeIsLookedUpExactlyInsideACompressedBatch(ForeignClient client, Bootstrap broker) {
        run(client, Scenario.OFFSETS_BY_TIME, broker, "compression.type=lz4");
    }

    @ParameterizedTest
    @EnumSource
    void aConsumerSeeks(ForeignClient client, Bootstrap broker) {
        run(client, Scenario.SEEK, broker);
    }

    @ParameterizedTest
    @EnumSource
    void aConsumerPausesAPartitionAndGoesOn(ForeignClient client, Bootstrap broker) {
        run(client, Scenario.PAUSE, broker);
    }

    @ParameterizedTest
    @EnumSource
    void aConsumerFindsOffsetsByTime(ForeignClient client, Bootstrap broker) {
        run(client, Scenario.OFFSETS_BY_TIME, broker);
    }

    @ParameterizedTest
    @EnumSource
    void aConsumerIsToldThatAnOffsetIsNotThere(ForeignClient client, Bootstrap broker) {
        run(client, Scenario.OFFSET_OUT_OF_RANGE, broker);
    }

    @ParameterizedTest
    @EnumSource
    void aGroupGoesOnWhereItCommitted(ForeignClient client, Bootstrap broker) {
        run(client, Scenario.COMMITTED_OFFSETS, broker);
    }

    @ParameterizedTest
    @EnumSource
    void aStaticMemberComesBackWithoutARebalance(ForeignClient client, Bootstrap broker) {
        run(client, Scenario.STATIC_MEMBERS, broker);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("admin")
    void anAdministratorManagesTopics(ForeignClient client, Bootstrap broker) {
        run(client, Scenario.ADMIN_TOPICS, broker);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("admin")
    void anAdministratorReadsSettings(ForeignClient client, Bootstrap broker) {
        run(client, Scenario.ADMIN_CONFIGS, broker);
    }

    @ParameterizedTest
    @EnumSource
    @Tag("admin")
    void anAdministratorManagesGroups(ForeignClient client, Bootstrap broker) {
        run(client, Scenario.ADMIN_GROUPS, broker);
    }

    @ParameterizedTest
    @EnumSource
    void aTransactionalProducerIsToldThatThereAreNoTransactions(ForeignClient client, Bootstrap broker) {
        assumeFalse(broker.isForeign(), "Apache Kafka has transactions");

        List<String> said = run(client, Scenario.TRANSACTION_IS_REFUSED, broker);

        assertThat(said).anyMatch(line -> line.startsWith("refused: "));
    }

    private static List<String> run(ForeignClient client, Scenario scenario, Bootstrap broker, String... properties) {
        ClientJvm jvm = JVMS.computeIfAbsent(client, ForeignClient::open);
        return jvm.run(scenario, broker.address(), broker.newName(scenario.name()), properties);
    }
}
