// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import org.junit.jupiter.api.Tag;

/** Members of a group whose broker is on S3 and etcd. */
@OnStores
@Tag("consumer-group")
final class ClusterGroupTest extends ConsumerGroupTest {}
