// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

/** The main job on S3 and etcd, which hold nothing in the end but what they must. */
@OnStores
@Tag("produce-consume")
final class ClusterMillionRecordsTest extends MillionRecordsTest {
    @AfterAll
    static void assertTheStoresAreWhole(SharedStores stores) {
        stores.assertWhole();
    }
}
