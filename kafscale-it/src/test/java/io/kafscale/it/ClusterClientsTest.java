// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import org.junit.jupiter.api.Tag;

/** The Java clients with a broker on S3 and etcd. */
@OnStores
@Tag("produce-consume")
final class ClusterClientsTest extends KafkaClientsTest {}
