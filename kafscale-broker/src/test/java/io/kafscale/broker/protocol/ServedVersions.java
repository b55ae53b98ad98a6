// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.ApiKeys;

/** Every API in every version that is served, as arguments of tests. Stateless. */
final class ServedVersions {

    private ServedVersions() {}

    record Served(ApiKeys api, short version) {

        Shape shape() {
            return SchemaReader.requestShape(api, version);
        }
    }

    static Stream<Served> all() {
        return VersionTable.current().served().entrySet().stream()
                .flatMap(entry -> IntStream.rangeClosed(
                                entry.getValue().first(), entry.getValue().last())
                        .mapToObj(version -> new Served(entry.getKey(), (short) version)));
    }
}
