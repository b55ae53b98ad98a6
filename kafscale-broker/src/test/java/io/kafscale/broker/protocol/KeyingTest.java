// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.protocol.ServedVersions.Served;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.utils.internals.ImplicitLinkedHashCollection;
import org.junit.jupiter.api.Test;

/** Keys that are equal or collide in the parser's hash tables, which would cost it the cube of their number. */
class KeyingTest {

    private static final RequestDecoder DECODER = new RequestDecoder(VersionTable.current(), RequestLimits.STANDARD);

    @Test
    void knowsEveryKeyedArrayOfTheRequestsThatAreServed() {
        ServedVersions.all().forEach(served -> {
            Set<String> keyed = new TreeSet<>();
            collectKeyed(served.shape(), keyed);
            assertThat(keyed).as("%s", served).isEqualTo(keyedByReflection(served));
        });
    }

    private static void collectKeyed(Shape shape, Set<String> keyed) {
        switch (shape) {
            case Shape.Array array -> {
                if (array.keying().isKeyed()) {
                    keyed.add(snake(array.name()));
                }
                collectKeyed(array.element(), keyed);
            }
            case Shape.Structure structure -> structure.fields().forEach(field -> collectKeyed(field, keyed));
            case Shape.Tags tags -> tags.known().values().forEach(tag -> collectKeyed(tag, keyed));
            case Shape.Maybe maybe -> collectKeyed(maybe.part(), keyed);
            case Shape.Fixed fixed -> {}
            case Shape.Text text -> {}
            case Shape.Blob blob -> {}
        }
    }

    /** Names of the fields whose generated type is a hash table, as far as the version has them. */
    private static Set<String> keyedByReflection(Served served) {
        Class<?> message = served.api().messageType.newRequest().getClass();
        Map<String, Class<?>> tables = new TreeMap<>();
        collectTables(message, tables);
        for (Class<?> nested : message.getDeclaredClasses()) {
            collectTables(nested, tables);
        }
        Set<String> inVersion = new TreeSet<>();
        collectNames(served.shape(), inVersion);
        inVersion.retainAll(tables.keySet());
        return inVersion;
    }

    private static void collectTables(Class<?> type, Map<String, Class<?>> tables) {
        for (var method : type.getDeclaredMethods()) {
            if (method.getParameterCount() == 0
                    && ImplicitLinkedHashCollection.class.isAssignableFrom(method.getReturnType())) {
                tables.put(snake(method.getName()), method.getReturnType());
            }
        }
    }

    private static void collectNames(Shape shape, Set<String> names) {
        switch (shape) {
            case Shape.Array array -> {
                names.add(array.name());
                collectNames(array.element(), names);
            }
            case Shape.Structure structure -> structure.fields().forEach(field -> collectNames(field, names));
            default -> {}
        }
    }

    private static String snake(String camel) {
        return camel.replaceAll("([A-Z])", "_$1").toLowerCase(java.util.Locale.ROOT);
    }

    @Test
    void hashesAsTheGeneratedElementsDo() {
        for (String name : new String[] {"", "orders", "zähler-Ω", "\ud83d\ude00 smile", "x".repeat(249)}) {
            assertThat(hash(ApiKeys.PRODUCE, 12, "topic_data", text(name)))
                    .isEqualTo(new TopicProduceData().setName(name).hashCode());
            assertThat(hash(ApiKeys.OFFSET_FOR_LEADER_EPOCH, 4, "topics", text(name)))
                    .isEqualTo(new OffsetForLeaderTopic().setTopic(name).hashCode());
            assertThat(hash(ApiKeys.JOIN_GROUP, 9, "protocols", text(name)))
                    .isEqualTo(new JoinGroupRequestProtocol().setName(name).hashCode());
            assertThat(hash(ApiKeys.CREATE_TOPICS, 7, "topics", text(name)))
                    .isEqualTo(new CreatableTopic().setName(name).hashCode());
        }
        Uuid id = new Uuid(0x123456789abcdef0L, 0xfedcba9876543210L);
        assertThat(hash(
                        ApiKeys.PRODUCE,
                        13,
                        "topic_data",
                        ByteBuffer.allocate(16)
                                .putLong(id.getMostSignificantBits())
                                .putLong(id.getLeastSignificantBits())
                                .flip()))
                .isEqualTo(new TopicProduceData().setTopicId(id).hashCode());
        assertThat(hash(
                        ApiKeys.CREATE_TOPICS,
                        7,
                        "assignments",
                        ByteBuffer.allocate(4).putInt(0, -7)))
                .isEqualTo(
                        new CreatableReplicaAssignment().setPartitionIndex(-7).hashCode());
    }

    @Test
    void hashesAsTheGeneratedElementsWithTwoKeysDo() {
        for (String name : new String[] {"", "orders", "zähler-Ω"}) {
            for (byte other : new byte[] {0, 2, -7}) {
                ByteBuffer one = ByteBuffer.wrap(new byte[] {other});
                assertThat(hash(ApiKeys.ALTER_CONFIGS, 2, "resources", one, text(name)))
                        .isEqualTo(new AlterConfigsRequestData.AlterConfigsResource()
                                .setResourceType(other)
                                .setResourceName(name)
                                .hashCode());
                assertThat(hash(ApiKeys.INCREMENTAL_ALTER_CONFIGS, 1, "resources", one, text(name)))
                        .isEqualTo(new IncrementalAlterConfigsRequestData.AlterConfigsResource()
                                .setResourceType(other)
                                .setResourceName(name)
                                .hashCode());
                assertThat(hash(ApiKeys.INCREMENTAL_ALTER_CONFIGS, 1, "configs", text(name), one))
                        .isEqualTo(new IncrementalAlterConfigsRequestData.AlterableConfig()
                                .setName(name)
                                .setConfigOperation(other)
                                .hashCode());
            }
        }
    }

    private static int hash(ApiKeys api, int version, String array, ByteBuffer... fields) {
        Keying keying = Keying.of(api, (short) version, array);
        assertThat(keying.keys()).hasSameSizeAs(fields);
        int hash = 0;
        for (int i = 0; i < fields.length; i++) {
            hash = keying.add(hash, keying.keys().get(i), fields[i], 0, fields[i].remaining());
        }
        return keying.ofElement(hash);
    }

    private static ByteBuffer text(String text) {
        return StandardCharsets.UTF_8.encode(text);
    }

    @Test
    void refusesAProduceThatNamesOneTopicEightThousandTimes() {
        assertRefused(produce(8_000, i -> "orders"));
    }

    @Test
    void refusesNamesThatCollide() {
        // "Aa" and "BB" have one hash, and so have their combinations.
        assertRefused(produce(
                8_192,
                i -> IntStream.range(0, 13)
                        .mapToObj(bit -> (i >> bit & 1) == 0 ? "Aa" : "BB")
                        .reduce("", String::concat)));
    }

    @Test
    void refusesNamesThatCollideOnlyInTheTableOfTheirNumber() {
        int count = 4_000;
        // The table has 2001 slots while the first thousand topics arrive.
        ByteBuffer frame = produce(count, new IntFunction<>() {
            private int next;

            @Override
            public String apply(int i) {
                String name;
                do {
                    name = "t" + next++;
                } while (((31 * name.hashCode()) & Integer.MAX_VALUE) % 2001 != 5);
                return name;
            }
        });
        assertRefused(frame);
    }

    @Test
    void refusesNumbersThatCollide() {
        int[] multiples = IntStream.range(0, 1_000).map(i -> i * 2_001).toArray();
        assertThat(CollisionCost.of(multiples)).isGreaterThan(100_000_000);
    }

    @Test
    void takesTwentyThousandTopicsWithOrdinaryNames() {
        assertThat(DECODER.decode(produce(20_000, i -> "orders-" + i))).isInstanceOf(Decoded.Request.class);
        assertThat(DECODER.decode(produce(20_000, i -> "topic_%06d".formatted(i))))
                .isInstanceOf(Decoded.Request.class);
        assertThat(DECODER.decode(produce(20_000, i -> "team%d.service%d.events".formatted(i % 100, i / 100))))
                .isInstanceOf(Decoded.Request.class);
        assertThat(DECODER.decode(produce(20_000, i -> Long.toHexString(i * 0x9E3779B97F4A7C15L))))
                .isInstanceOf(Decoded.Request.class);
    }

    @Test
    void leavesAFewDoublesToTheHandler() {
        ByteBuffer frame = produce(40, i -> "orders");
        assertThat(DECODER.decode(frame))
                .isInstanceOfSatisfying(
                        Decoded.Request.class,
                        request -> assertThat(((ProduceRequestData) request.message()).topicData())
                                .hasSize(40));
    }

    private static void assertRefused(ByteBuffer frame) {
        assertThat(DECODER.decode(frame))
                .isInstanceOfSatisfying(
                        Decoded.Malformed.class,
                        malformed -> assertThat(malformed.reason())
                                .contains("topic_data has too many equal or colliding names"));
    }

    /** Written by hand, because the generated class takes as long to make such a request as to parse it. */
    private static ByteBuffer produce(int topics, IntFunction<String> name) {
        ByteBuffer frame = ByteBuffer.allocate(100 + topics * 60)
                .putShort(ApiKeys.PRODUCE.id)
                .putShort((short) 3)
                .putInt(1)
                .putShort((short) -1)
                .putShort((short) -1)
                .putShort((short) 1)
                .putInt(1_000)
                .putInt(topics);
        for (int i = 0; i < topics; i++) {
            byte[] text = name.apply(i).getBytes(StandardCharsets.UTF_8);
            frame.putShort((short) text.length).put(text).putInt(0);
        }
        return frame.flip();
    }
}
