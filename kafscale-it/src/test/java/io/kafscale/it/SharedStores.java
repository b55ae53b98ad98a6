// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import io.kafscale.it.process.BrokerProcess;
import io.kafscale.it.process.BrokerSettings;

/** What the {@link SharedBroker} of a class that is {@link OnStores} stands on. Confined to the test's thread. */
record SharedStores(BrokerProcess broker, BrokerSettings settings) {
    /** Stops the broker, looks through its stores, and starts it again. */
    void assertWhole() {
        broker.stop();
        try {
            FsckRun.assertOnlyOrphansAreFoundAndRemoved(settings);
        } finally {
            broker.start();
        }
    }
}
