// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.EtcdSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Reads the settings of etcd. Stateless. */
final class EtcdConfig {

    private static final String PLAIN = "http://";
    private static final String SECURE = "https://";

    private EtcdConfig() {}

    /** Empty when etcd is not wanted. */
    static Optional<EtcdSettings> read(Environment environment, String clusterId) {
        Optional<String> endpoints = environment.text(Variable.ETCD_ENDPOINTS);
        if (endpoints.isEmpty()) {
            Stream.of(
                            Variable.ETCD_USERNAME,
                            Variable.ETCD_PASSWORD,
                            Variable.ETCD_CA,
                            Variable.ETCD_CERT,
                            Variable.ETCD_KEY)
                    .filter(variable -> environment.text(variable).isPresent())
                    .findFirst()
                    .ifPresent(variable -> {
                        throw new ConfigException(
                                variable.key() + " is set, but " + Variable.ETCD_ENDPOINTS.key() + " is not");
                    });
            return Optional.empty();
        }
        if (environment.isOn(Variable.USE_MEMORY_S3, false)) {
            throw new ConfigException(Variable.USE_MEMORY_S3.key() + " keeps everything in memory, but "
                    + Variable.ETCD_ENDPOINTS.key() + " is set: unset one of them");
        }
        List<String> parts =
                Stream.of(endpoints.get().split(",", -1)).map(String::strip).toList();
        return Optional.of(new EtcdSettings(
                parts.stream().map(part -> endpoint(endpoints.get(), part)).toList(),
                login(environment),
                tls(environment, endpoints.get(), parts),
                new ClusterKeys(clusterId).root()));
    }

    private static EtcdSettings.Endpoint endpoint(String all, String part) {
        Environment.Address address = Environment.parsedAddress(bare(part))
                .filter(found -> !found.host().isEmpty() && found.port() > 0)
                .orElseThrow(() -> Environment.refuse(Variable.ETCD_ENDPOINTS, all));
        return new EtcdSettings.Endpoint(address.host(), address.port());
    }

    private static String bare(String part) {
        return part.startsWith(SECURE)
                ? part.substring(SECURE.length())
                : part.startsWith(PLAIN) ? part.substring(PLAIN.length()) : part;
    }

    private static Optional<EtcdSettings.Login> login(Environment environment) {
        return both(environment, Variable.ETCD_USERNAME, Variable.ETCD_PASSWORD)
                .map(pair -> new EtcdSettings.Login(pair.getFirst(), pair.getLast()));
    }

    private static Optional<EtcdSettings.Tls> tls(Environment environment, String all, List<String> parts) {
        Optional<Path> authority = environment.text(Variable.ETCD_CA).map(Path::of);
        Optional<EtcdSettings.Certificate> certificate = both(environment, Variable.ETCD_CERT, Variable.ETCD_KEY)
                .map(pair -> new EtcdSettings.Certificate(Path.of(pair.getFirst()), Path.of(pair.getLast())));
        boolean secure = parts.stream().anyMatch(part -> part.startsWith(SECURE))
                || authority.isPresent()
                || certificate.isPresent();
        if (secure && parts.stream().anyMatch(part -> part.startsWith(PLAIN))) {
            throw new ConfigException(Variable.ETCD_ENDPOINTS.key() + " is '" + all
                    + "', but http:// is plain text, and https:// or a file for TLS is asked for as well");
        }
        return secure ? Optional.of(new EtcdSettings.Tls(authority, certificate)) : Optional.empty();
    }

    /** Two values that are nothing without each other. */
    private static Optional<List<String>> both(Environment environment, Variable one, Variable other) {
        List<String> values = new ArrayList<>();
        environment.text(one).ifPresent(values::add);
        environment.text(other).ifPresent(values::add);
        if (values.size() == 1) {
            throw new ConfigException(one.key() + " and " + other.key() + " must both be set, or none of them");
        }
        return values.isEmpty() ? Optional.empty() : Optional.of(values);
    }
}
