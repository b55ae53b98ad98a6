// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import org.junit.jupiter.api.Tag;

/** The main job on S3 and etcd. */
@OnStores
@Tag("produce-consume")
final class ClusterMillionRecordsTest extends MillionRecordsTest {}
