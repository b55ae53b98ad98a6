// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * Whether the generated parser puts the elements of an array into a hash table of its own, and by which hash. The key is
 * the first field of the element, or its first fields. Immutable.
 *
 * @param keys what these fields are; none for an ordinary list
 * @param factor by which their hash is multiplied, because further key fields follow that are zero
 */
record Keying(List<Key> keys, int factor) {

    enum Key {
        TEXT,
        UUID,
        NUMBER,
        BYTE
    }

    /** An ordinary list. */
    static final Keying NONE = new Keying(List.of(), 0);

    private static final Keying BY_TEXT = new Keying(List.of(Key.TEXT), 1);
    private static final Keying BY_NUMBER = new Keying(List.of(Key.NUMBER), 1);
    private static final Keying BY_NAME_AND_ID = new Keying(List.of(Key.TEXT), 31);
    private static final Keying BY_ID = new Keying(List.of(Key.UUID), 1);
    private static final Keying BY_TYPE_AND_NAME = new Keying(List.of(Key.BYTE, Key.TEXT), 1);
    private static final Keying BY_NAME_AND_OPERATION = new Keying(List.of(Key.TEXT, Key.BYTE), 1);

    private static final short PRODUCE_BY_ID_SINCE = 13;

    /** Every keyed array in a request that is served, by its name in the schema. */
    private static final Map<ApiKeys, Map<String, Keying>> KEYED = Map.of(
            ApiKeys.PRODUCE, Map.of("topic_data", BY_NAME_AND_ID),
            ApiKeys.OFFSET_FOR_LEADER_EPOCH, Map.of("topics", BY_TEXT),
            ApiKeys.JOIN_GROUP, Map.of("protocols", BY_TEXT),
            ApiKeys.CREATE_TOPICS, Map.of("topics", BY_TEXT, "assignments", BY_NUMBER, "configs", BY_TEXT),
            ApiKeys.ALTER_CONFIGS, Map.of("resources", BY_TYPE_AND_NAME, "configs", BY_TEXT),
            ApiKeys.INCREMENTAL_ALTER_CONFIGS, Map.of("resources", BY_TYPE_AND_NAME, "configs", BY_NAME_AND_OPERATION),
            ApiKeys.CREATE_PARTITIONS, Map.of("topics", BY_TEXT),
            ApiKeys.DESCRIBE_LOG_DIRS, Map.of("topics", BY_TEXT),
            ApiKeys.OFFSET_DELETE, Map.of("topics", BY_TEXT),
            ApiKeys.ELECT_LEADERS, Map.of("topic_partitions", BY_TEXT));

    /** How the named array of that request is kept once parsed. */
    static Keying of(ApiKeys api, short version, String array) {
        if (api == ApiKeys.PRODUCE && version >= PRODUCE_BY_ID_SINCE && array.equals("topic_data")) {
            return BY_ID;
        }
        return KEYED.getOrDefault(api, Map.of()).getOrDefault(array, NONE);
    }

    boolean isKeyed() {
        return !keys.isEmpty();
    }

    /** The {@code hashCode()} of the generated element the hash of whose fields is given. */
    int ofElement(int hash) {
        return factor * hash;
    }

    /** The hash of some key fields and the next one, whose value lies in those bytes. */
    int add(int hash, Key next, ByteBuffer bytes, int start, int length) {
        return 31 * hash
                + switch (next) {
                    case BYTE -> bytes.get(start);
                    case NUMBER -> bytes.getInt(start);
                    case UUID -> new Uuid(bytes.getLong(start), bytes.getLong(start + Long.BYTES)).hashCode();
                    case TEXT -> textHash(bytes, start, length);
                };
    }

    private static int textHash(ByteBuffer bytes, int start, int length) {
        int hash = 0;
        for (int i = start; i < start + length; i++) {
            byte letter = bytes.get(i);
            if (letter < 0) {
                byte[] text = new byte[length];
                bytes.get(start, text);
                return new String(text, StandardCharsets.UTF_8).hashCode();
            }
            hash = 31 * hash + letter;
        }
        return hash;
    }
}
