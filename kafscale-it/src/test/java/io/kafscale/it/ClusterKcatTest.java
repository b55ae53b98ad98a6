// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import org.junit.jupiter.api.Tag;

/** librdkafka with a broker on S3 and etcd. */
@OnStores
@Tag("produce-consume")
final class ClusterKcatTest extends KcatTest {}
