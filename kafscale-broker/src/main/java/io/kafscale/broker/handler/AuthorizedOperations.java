// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import java.util.List;
import org.apache.kafka.common.acl.AclOperation;

/** What a client may do, as the bit fields of the protocol: everything, as long as there is no authorizer. Stateless. */
final class AuthorizedOperations {

    static final int TOPIC = bits(List.of(
            AclOperation.READ,
            AclOperation.WRITE,
            AclOperation.CREATE,
            AclOperation.DESCRIBE,
            AclOperation.DELETE,
            AclOperation.ALTER,
            AclOperation.DESCRIBE_CONFIGS,
            AclOperation.ALTER_CONFIGS));

    static final int CLUSTER = bits(List.of(
            AclOperation.CREATE,
            AclOperation.CLUSTER_ACTION,
            AclOperation.DESCRIBE_CONFIGS,
            AclOperation.ALTER_CONFIGS,
            AclOperation.IDEMPOTENT_WRITE,
            AclOperation.ALTER,
            AclOperation.DESCRIBE));

    /** What the field holds when nobody asked for it. */
    static final int NOT_ASKED = Integer.MIN_VALUE;

    private AuthorizedOperations() {}

    private static int bits(List<AclOperation> operations) {
        return operations.stream()
                .mapToInt(operation -> 1 << operation.code())
                .reduce(0, (left, right) -> left | right);
    }
}
