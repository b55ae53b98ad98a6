// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import io.kafscale.it.process.BrokerSettings;
import io.kafscale.it.servers.ClusterStores;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** What a group keeps in etcd. */
@OnStores
@Tag("consumer-group")
final class ClusterLastingGroupTest extends LastingGroupTest {
    private static ClusterStores stores;

    @BeforeAll
    static void startStores(@TempDir Path folder) {
        stores = ClusterStores.started(folder, 1);
    }

    @AfterAll
    static void stopStores() {
        if (stores != null) { // skipped without the programs
            stores.close();
        }
    }

    @Override
    protected BrokerSettings settings(Path fresh) {
        return stores.settings();
    }
}
