// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.metadata.EtcdMetadataStore;
import io.kafscale.broker.metadata.EtcdSettings;
import io.kafscale.broker.metadata.EtcdStartException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.time.Clock;
import java.time.Duration;

/** The only way to etcd, so that other modes never load its client. Stateless. */
final class EtcdFactory {

    private EtcdFactory() {}

    /**
     * Connects to etcd.
     *
     * @throws BrokerStartException that names the setting to look at
     */
    static MetadataStore open(EtcdSettings settings, Duration patience, Clock clock) throws InterruptedException {
        try {
            return EtcdMetadataStore.open(settings, patience, clock);
        } catch (EtcdStartException e) {
            throw new BrokerStartException(names(e.blame()) + ": " + e.getMessage(), e);
        }
    }

    private static String names(EtcdStartException.Blame blame) {
        return switch (blame) {
            case ENDPOINTS -> Variable.ETCD_ENDPOINTS.key();
            case LOGIN -> Variable.ETCD_USERNAME.key() + ", " + Variable.ETCD_PASSWORD.key();
            case AUTHORITY -> Variable.ETCD_CA.key() + ", " + Variable.ETCD_ENDPOINTS.key();
            case CERTIFICATE -> Variable.ETCD_CERT.key() + ", " + Variable.ETCD_KEY.key();
        };
    }
}
