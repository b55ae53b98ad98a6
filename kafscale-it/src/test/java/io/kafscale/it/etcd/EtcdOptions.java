// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.etcd;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How the members of an etcd are started. Immutable.
 *
 * @param scheme {@code http} or {@code https}
 * @param flags of the server, beside those of every member
 * @param controlFlags of {@code etcdctl}, to be let in
 */
public record EtcdOptions(String scheme, List<String> flags, List<String> controlFlags) {
    public static final EtcdOptions PLAIN = new EtcdOptions("http", List.of(), List.of());

    public EtcdOptions {
        flags = List.copyOf(flags);
        controlFlags = List.copyOf(controlFlags);
    }

    /** With these flags of the server as well. */
    public EtcdOptions with(String... more) {
        List<String> all = new ArrayList<>(flags);
        all.addAll(List.of(more));
        return new EtcdOptions(scheme, all, controlFlags);
    }

    /** With TLS for clients. */
    public EtcdOptions secured(Path authority, Path certificate, Path key) {
        EtcdOptions secured = with("--cert-file=" + certificate, "--key-file=" + key);
        return new EtcdOptions("https", secured.flags(), List.of("--cacert=" + authority));
    }
}
