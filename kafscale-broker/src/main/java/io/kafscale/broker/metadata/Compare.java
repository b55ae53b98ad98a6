// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

/** A condition of a transaction on one key. Immutable. */
public sealed interface Compare {

    String key();

    /** The key was created at that revision; 0 means that it does not exist. */
    record CreateRevision(String key, long revision) implements Compare {}

    /** The key was last changed at that revision; 0 means that it does not exist. */
    record ModRevision(String key, long revision) implements Compare {}

    /** The key does not exist. */
    static Compare absent(String key) {
        return new CreateRevision(key, 0);
    }

    /** The key has not changed since it was read. */
    static Compare unchanged(KeyValue seen) {
        return new ModRevision(seen.key(), seen.modRevision());
    }
}
