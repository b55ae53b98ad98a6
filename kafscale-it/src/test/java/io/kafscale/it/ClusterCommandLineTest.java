// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import org.junit.jupiter.api.Tag;

/** The programs of Apache Kafka with a broker on S3 and etcd. */
@OnStores
@Tag("ops-api")
final class ClusterCommandLineTest extends KafkaCommandLineTest {}
