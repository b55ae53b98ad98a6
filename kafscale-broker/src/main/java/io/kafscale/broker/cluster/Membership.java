// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.proto.metadata.BrokerRegistration;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.zip.CRC32C;

/** Who takes part in the cluster, as clients are told. Thread-safe. */
public final class Membership {

    private final Ownership ownership;
    private final ClusterKeys keys;
    private final KeyView view;
    private final ConcurrentSkipListMap<Integer, BrokerNode> registered = new ConcurrentSkipListMap<>();

    /** Set once when the cluster starts; read by everybody. */
    private volatile Optional<Started> started = Optional.empty();

    private record Started(BrokerNode self, Identity identity) {}

    Membership(ClusterEnvironment environment, Ownership ownership) {
        this.ownership = ownership;
        this.keys = environment.keys();
        this.view = new KeyView(environment, environment.keys().brokers(), new Registrations());
    }

    void start(BrokerNode self, Identity identity) {
        started = Optional.of(new Started(self, identity));
        view.start();
    }

    void close() {
        view.close();
    }

    private Started started() {
        return started.orElseThrow(() -> new IllegalStateException("the cluster has not started"));
    }

    public BrokerNode self() {
        return started().self();
    }

    /** All registered brokers in the order of their ids, this one always among them. */
    public List<BrokerNode> brokers() {
        ConcurrentSkipListMap<Integer, BrokerNode> all = new ConcurrentSkipListMap<>(registered);
        all.put(self().id(), self());
        return List.copyOf(all.values());
    }

    /** The id of one of {@link #brokers()}: the smallest. */
    public int controllerId() {
        return brokers().getFirst().id();
    }

    /** The cluster's id as Kafka shows ids: 22 characters, random, made with the cluster. */
    public String clusterUuid() {
        return started().identity().uuid();
    }

    public int groupShards() {
        return started().identity().groupShards();
    }

    /** The shard of a group, the same for ever: the CRC-32C of its name in UTF-8, modulo {@link #groupShards}. */
    public int shardOf(String group) {
        CRC32C hash = new CRC32C();
        hash.update(group.getBytes(StandardCharsets.UTF_8));
        return (int) (hash.getValue() % groupShards());
    }

    /** The broker that owns the group's shard; empty while nobody does, as far as this broker has heard. */
    public Optional<BrokerNode> coordinatorOf(String group) {
        int owner = ownership.groupShardOwner(shardOf(group));
        return owner == self().id() ? Optional.of(self()) : Optional.ofNullable(registered.get(owner));
    }

    /** Follows the registrations. */
    private final class Registrations implements KeyView.Contents {
        @Override
        public void set(KeyValue entry) throws InvalidProtocolBufferException {
            BrokerRegistration registration = BrokerRegistration.parseFrom(entry.value());
            if (registration.getBrokerId() != id(entry.key())) {
                throw new IllegalArgumentException("registration of broker " + registration.getBrokerId());
            }
            registered.put(
                    registration.getBrokerId(),
                    new BrokerNode(
                            registration.getBrokerId(),
                            registration.getHost(),
                            registration.getPort(),
                            Optional.of(registration.getRack()).filter(rack -> !rack.isEmpty())));
        }

        @Override
        public void delete(String key) {
            registered.remove(id(key));
        }

        private int id(String key) {
            int id = Integer.parseInt(key.substring(keys.brokers().length()));
            if (!keys.broker(id).equals(key)) {
                throw new IllegalArgumentException("not the key of broker " + id);
            }
            return id;
        }

        @Override
        public void settled() {}
    }
}
