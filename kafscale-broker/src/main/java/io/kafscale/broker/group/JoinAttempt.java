// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.message.JoinGroupRequestData;

/**
 * A JoinGroup request, read. Immutable.
 *
 * @param member who wants to join, with an empty id for somebody new
 * @param protocolType what it takes the group for
 */
record JoinAttempt(Member member, String protocolType, short apiVersion) {

    private static final short FIRST_WITH_HANDSHAKE = 4;
    private static final short FIRST_THAT_SKIPS_ASSIGNMENT = 9;

    static JoinAttempt of(RequestOrigin origin, JoinGroupRequestData request) {
        List<Member.Protocol> protocols = new ArrayList<>();
        request.protocols()
                .forEach(protocol ->
                        protocols.add(new Member.Protocol(protocol.name(), ByteString.copyFrom(protocol.metadata()))));
        int rebalanceTimeoutMs =
                request.rebalanceTimeoutMs() < 0 ? request.sessionTimeoutMs() : request.rebalanceTimeoutMs();
        Member member = new Member(
                request.memberId(),
                Optional.ofNullable(request.groupInstanceId()).orElse(""),
                origin.clientId(),
                origin.clientHost(),
                request.sessionTimeoutMs(),
                rebalanceTimeoutMs,
                protocols);
        return new JoinAttempt(member, request.protocolType(), origin.apiVersion());
    }

    JoinAttempt named(String memberId) {
        return new JoinAttempt(member.named(memberId), protocolType, apiVersion);
    }

    /** A new dynamic member is told its id, and joins with it. */
    boolean needsHandshake() {
        return apiVersion >= FIRST_WITH_HANDSHAKE;
    }

    /** A leader can be told that there is nothing to assign. */
    boolean canSkipAssignment() {
        return apiVersion >= FIRST_THAT_SKIPS_ASSIGNMENT;
    }
}
