// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The variables that Kubernetes sets in every container for each Service of its namespace. A Service may be called such
 * that they look like settings: for {@code kafscale-broker} there is {@code KAFSCALE_BROKER_PORT=tcp://10.0.0.7:9092}.
 * Stateless.
 */
final class ServiceLinks {

    private static final Pattern NAME =
            Pattern.compile(".+_SERVICE_(HOST|PORT(_.+)?)|.+_PORT_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?");
    private static final Pattern URL = Pattern.compile("(tcp|udp|sctp)://.*");

    private ServiceLinks() {}

    /** The variables that somebody has chosen. */
    static Map<String, String> removedFrom(Map<String, String> variables) {
        return variables.entrySet().stream()
                .filter(variable -> !isLink(variable.getKey(), variable.getValue()))
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static boolean isLink(String name, String value) {
        return NAME.matcher(name).matches()
                || (name.endsWith("_PORT") && URL.matcher(value).matches());
    }
}
