// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import java.util.UUID;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;

/** How a request names a topic: by its name or, in newer versions, by its id. Immutable. */
sealed interface TopicKey {

    record ByName(String name) implements TopicKey {
        @Override
        public Errors unknown() {
            return Errors.UNKNOWN_TOPIC_OR_PARTITION;
        }
    }

    record ById(UUID id) implements TopicKey {
        @Override
        public Errors unknown() {
            return Errors.UNKNOWN_TOPIC_ID;
        }
    }

    /** What a client is told when there is no such topic. */
    Errors unknown();

    static TopicKey of(boolean byId, String name, Uuid id) {
        return byId ? new ById(fromKafka(id)) : new ByName(name);
    }

    static UUID fromKafka(Uuid id) {
        return new UUID(id.getMostSignificantBits(), id.getLeastSignificantBits());
    }

    static Uuid toKafka(UUID id) {
        return new Uuid(id.getMostSignificantBits(), id.getLeastSignificantBits());
    }
}
