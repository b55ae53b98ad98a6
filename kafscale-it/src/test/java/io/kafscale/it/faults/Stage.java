// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.faults;

import io.kafscale.it.etcd.CuttingProxy;
import io.kafscale.it.etcd.EtcdMember;
import io.kafscale.it.etcd.EtcdOptions;
import io.kafscale.it.load.Load;
import io.kafscale.it.load.LoadSettings;
import io.kafscale.it.process.BrokerProcess;
import io.kafscale.it.process.BrokerSettings;
import io.kafscale.it.process.Patience;
import io.kafscale.it.servers.ClusterStores;
import io.kafscale.it.servers.S3FaultProxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/** A broker on S3 and etcd with a proxy before each server, under load. Confined to the test's thread. */
final class Stage implements AutoCloseable {
    private static final int PARTITIONS = 6;
    private static final int VALUE_BYTES = 200;
    private static final int UNDER_WAY = 100;

    private final ClusterStores stores;
    private final S3FaultProxy s3;
    private final List<CuttingProxy> etcd = new ArrayList<>();
    private final BrokerProcess broker;
    private final Load load;
    private long events;

    private Stage(ClusterStores stores, S3FaultProxy s3, Fault fault) throws ExecutionException, InterruptedException {
        this.stores = stores;
        this.s3 = s3;
        for (EtcdMember member : stores.etcd().members()) {
            etcd.add(CuttingProxy.to(member.clientPort()));
        }
        String endpoints =
                etcd.stream().map(proxy -> "127.0.0.1:" + proxy.port()).collect(Collectors.joining(","));
        BrokerSettings settings = stores.settings()
                .with("KAFSCALE_S3_ENDPOINT", s3.endpoint().toString())
                .with("KAFSCALE_ETCD_ENDPOINTS", endpoints)
                .with("KAFSCALE_LEASE_TTL_SEC", "2");
        if (fault.readsAreCold()) {
            settings = settings.with("KAFSCALE_CACHE_BYTES", "0");
        }
        this.broker = BrokerProcess.started("faults", settings);
        this.load = Load.start(LoadSettings.of(broker.bootstrap(), "faults", PARTITIONS, VALUE_BYTES)
                .watchedWith(UNDER_WAY));
    }

    /** Starts all of it, and waits until it is at work. */
    static Stage open(Path folder, Fault fault, long seed) throws ExecutionException, InterruptedException {
        ClusterStores stores = ClusterStores.started(folder, 3, EtcdOptions.PLAIN.with(fault.etcdFlags()));
        S3FaultProxy s3 = S3FaultProxy.to(stores.s3().endpoint(), seed);
        Stage stage = new Stage(stores, s3, fault);
        stage.awaitProgress();
        return stage;
    }

    ClusterStores stores() {
        return stores;
    }

    S3FaultProxy s3() {
        return s3;
    }

    List<CuttingProxy> etcdProxies() {
        return etcd;
    }

    BrokerProcess broker() {
        return broker;
    }

    Load load() {
        return load;
    }

    /** Something was done to the servers. */
    void happened() {
        events++;
    }

    /** How many requests, connections or servers something was done to. */
    long happenings() {
        return events
                + s3.injected()
                + etcd.stream().mapToInt(CuttingProxy::cuts).sum();
    }

    /** Until records are acknowledged and read, of those sent from now on. */
    void awaitProgress() {
        Patience.until("records are acknowledged and read", Duration.ofMinutes(3), progress());
    }

    /** Whether that comes within {@code limit}. */
    boolean progressesWithin(Duration limit) {
        return Patience.comesTrue(limit, progress());
    }

    private BooleanSupplier progress() {
        long acknowledged = load.acknowledged() + 500;
        long read = load.read() + 500;
        long fromStart = load.readFromStart() + 500;
        return () -> load.acknowledged() >= acknowledged && load.read() >= read && load.readFromStart() >= fromStart;
    }

    @Override
    public void close() {
        load.close();
        broker.close();
        s3.close();
        etcd.forEach(CuttingProxy::close);
        stores.close();
    }
}
