// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Optional;

/**
 * A member of a group as it asked to join. Immutable.
 *
 * @param id given by the coordinator; empty while a request has none yet
 * @param instanceId {@code group.instance.id}, which outlives the member's process; empty for a dynamic member
 * @param sessionTimeoutMs how long the member lives without a heartbeat
 * @param rebalanceTimeoutMs how long the others wait for it to join again
 * @param protocols what it can follow, in the order of preference
 */
record Member(
        String id,
        String instanceId,
        String clientId,
        String clientHost,
        int sessionTimeoutMs,
        int rebalanceTimeoutMs,
        List<Protocol> protocols) {

    /** An assignor with what the member tells it, opaque to the coordinator. Immutable. */
    record Protocol(String name, ByteString metadata) {}

    Member {
        protocols = List.copyOf(protocols);
    }

    boolean isStatic() {
        return !instanceId.isEmpty();
    }

    Member named(String newId) {
        return new Member(newId, instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols);
    }

    boolean supports(String protocol) {
        return metadata(protocol).isPresent();
    }

    Optional<ByteString> metadata(String protocol) {
        return protocols.stream()
                .filter(candidate -> candidate.name().equals(protocol))
                .map(Protocol::metadata)
                .findFirst();
    }

    /** About as many bytes as this member adds to the group's stored value, without its assignment. */
    long storedBytes() {
        long bytes = 64L + 3L * (id.length() + instanceId.length() + clientId.length() + clientHost.length());
        for (Protocol protocol : protocols) {
            bytes += 16L + 3L * protocol.name().length() + protocol.metadata().size();
        }
        return bytes;
    }
}
