// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.servers;

import io.kafscale.it.etcd.EtcdCluster;
import io.kafscale.it.etcd.EtcdOptions;
import io.kafscale.it.process.BrokerSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a broker in cluster mode stands on: a bucket of a real S3 server and a real etcd, below a fresh folder. Confined to the test's
 * thread.
 */
public record ClusterStores(Path folder, S3Server s3, String bucket, EtcdCluster etcd) implements AutoCloseable {

    /** Starts both and waits until they serve. */
    public static ClusterStores started(Path folder, int etcdMembers) {
        return started(folder, etcdMembers, EtcdOptions.PLAIN);
    }

    /** As above with an etcd of which more is known. */
    public static ClusterStores started(Path folder, int etcdMembers, EtcdOptions options) {
        try {
            Path objects = Files.createDirectories(folder.resolve("s3"));
            S3Server s3 = S3Server.versitygw(objects);
            boolean ready = false;
            try {
                EtcdCluster etcd = EtcdCluster.started(folder.resolve("etcd"), etcdMembers, options);
                ready = true;
                return new ClusterStores(folder, s3, s3.newBucket(), etcd);
            } finally {
                if (!ready) {
                    s3.close();
                }
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** A broker on both. */
    public BrokerSettings settings() {
        return BrokerSettings.in(folder.resolve("none"))
                .with("KAFSCALE_ETCD_ENDPOINTS", etcd.endpoints())
                .with("KAFSCALE_S3_BUCKET", bucket)
                .with("KAFSCALE_S3_ENDPOINT", s3.endpoint().toString())
                .with("KAFSCALE_S3_ACCESS_KEY", S3Server.ACCESS_KEY)
                .with("KAFSCALE_S3_SECRET_KEY", S3Server.SECRET_KEY);
    }

    @Override
    public void close() {
        etcd.close();
        s3.close();
    }
}
