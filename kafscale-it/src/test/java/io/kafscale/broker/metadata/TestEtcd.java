// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.kafscale.it.etcd.EtcdCluster;
import io.kafscale.it.etcd.EtcdMember;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Settings for an etcd of a test. Stateless. */
final class TestEtcd {

    private TestEtcd() {}

    static EtcdSettings settings(EtcdCluster etcd) {
        return on(etcd.members().stream().mapToInt(EtcdMember::clientPort).toArray());
    }

    /** Plain text, nobody to sign in as, members on these ports. */
    static EtcdSettings on(int... ports) {
        List<EtcdSettings.Endpoint> endpoints = IntStream.of(ports)
                .mapToObj(port -> new EtcdSettings.Endpoint("127.0.0.1", port))
                .toList();
        return new EtcdSettings(endpoints, Optional.empty(), Optional.empty(), "/kafscale/test/");
    }
}
