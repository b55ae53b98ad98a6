// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.protobuf.ByteString;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Which topics the members of a group of consumers want, as far as their protocol's first version says, which begins every
 * later one: a version, then the names of topics. Immutable.
 *
 * @param topics that a member wants; empty when one of the members does not say what it wants, which counts as all
 */
record Subscriptions(Optional<Set<String>> topics) {

    /** The protocol type of consumers. */
    static final String CONSUMER = "consumer";

    static Subscriptions of(Roster roster) {
        Set<String> topics = new HashSet<>();
        for (Member member : roster.members().values()) {
            for (Member.Protocol protocol : member.protocols()) {
                if (!read(protocol.metadata(), topics)) {
                    return new Subscriptions(Optional.empty());
                }
            }
        }
        return new Subscriptions(Optional.of(topics));
    }

    boolean include(String topic) {
        return topics.map(wanted -> wanted.contains(topic)).orElse(true);
    }

    private static boolean read(ByteString metadata, Set<String> topics) {
        ByteBuffer bytes = metadata.asReadOnlyByteBuffer();
        try {
            bytes.getShort();
            for (int left = bytes.getInt(); left > 0; left--) {
                int length = bytes.getShort();
                if (length < 0 || length > bytes.remaining()) {
                    return false;
                }
                byte[] name = new byte[length];
                bytes.get(name);
                topics.add(new String(name, StandardCharsets.UTF_8));
            }
            return true;
        } catch (BufferUnderflowException e) {
            return false;
        }
    }
}
