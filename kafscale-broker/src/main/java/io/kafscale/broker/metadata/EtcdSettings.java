// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Where etcd is and how it is spoken to. Immutable.
 *
 * @param endpoints members of one etcd cluster, at least one; the first is tried first
 * @param login whom to sign in as; empty where etcd asks nobody
 * @param tls empty for plain text
 * @param root the prefix of all keys that will be used, for trying out the rights
 */
public record EtcdSettings(List<Endpoint> endpoints, Optional<Login> login, Optional<Tls> tls, String root) {

    public EtcdSettings {
        endpoints = List.copyOf(endpoints);
        if (endpoints.isEmpty()) {
            throw new IllegalArgumentException("etcd without endpoints");
        }
    }

    /** How long a call may take, however many members are asked: the time-out of every caller of the store. */
    static final Duration CALL_LIMIT = Duration.ofSeconds(5);

    /** How long one member is waited for while there is another to ask, so that a frozen one costs no lease. */
    static final Duration MEMBER_LIMIT = Duration.ofSeconds(2);

    /** A member of the cluster. Immutable. */
    public record Endpoint(String host, int port) {
        @Override
        public String toString() {
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /** A user and a password, which no text shows. Immutable. */
    public record Login(String user, String password) {
        @Override
        public String toString() {
            return user;
        }
    }

    /**
     * Files in PEM.
     *
     * @param authority who signs the members' certificates; empty for the authorities that the JDK trusts
     * @param certificate the one to show; empty for none
     */
    public record Tls(Optional<Path> authority, Optional<Certificate> certificate) {}

    /** A certificate and its key, in PKCS#8. Immutable. */
    public record Certificate(Path chain, Path key) {}

    /** How long one member is waited for. */
    Duration memberLimit() {
        return endpoints.size() == 1 ? CALL_LIMIT : MEMBER_LIMIT;
    }
}
