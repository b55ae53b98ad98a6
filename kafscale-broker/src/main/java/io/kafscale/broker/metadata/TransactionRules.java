// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a transaction and a read by name must keep to, whatever store they are for. Stateless. */
final class TransactionRules {

    private TransactionRules() {}

    /** Throws an {@link IllegalArgumentException} when a read names too many keys. */
    static void checkNames(Collection<String> keys) {
        if (keys.size() > MetadataStore.MAX_OPERATIONS) {
            throw new IllegalArgumentException(
                    "read of " + keys.size() + " keys: " + MetadataStore.MAX_OPERATIONS + " are allowed");
        }
    }

    /**
     * Throws an {@link IllegalArgumentException} that says which rule is broken.
     *
     * @return the bytes of keys and values
     */
    static long check(Transaction transaction) {
        checkCount("compares", transaction.compares().size());
        checkCount("operations", transaction.operations().size());
        long bytes = 0;
        for (Compare compare : transaction.compares()) {
            bytes += keyBytes(compare.key());
        }
        for (Operation operation : transaction.operations()) {
            bytes += bytesOf(operation);
        }
        if (bytes > MetadataStore.MAX_TRANSACTION_BYTES) {
            throw new IllegalArgumentException(
                    "transaction of " + bytes + " bytes: " + MetadataStore.MAX_TRANSACTION_BYTES + " are allowed");
        }
        checkOverlaps(transaction.operations());
        return bytes;
    }

    /** Throws {@link MetadataException.Kind#LEASE_NOT_FOUND} for a put under a lease that is gone. */
    static void checkLeases(Transaction transaction, Leases leases) {
        for (Operation operation : transaction.operations()) {
            if (operation instanceof Operation.Put put
                    && put.leaseId() != Lease.NONE
                    && !leases.isLiving(put.leaseId())) {
                throw new MetadataException(
                        MetadataException.Kind.LEASE_NOT_FOUND,
                        "lease " + put.leaseId() + " of key " + put.key() + " is gone");
            }
        }
    }

    private static void checkCount(String what, int count) {
        if (count > MetadataStore.MAX_OPERATIONS) {
            throw new IllegalArgumentException(
                    "transaction of " + count + " " + what + ": " + MetadataStore.MAX_OPERATIONS + " are allowed");
        }
    }

    private static long bytesOf(Operation operation) {
        return switch (operation) {
            case Operation.Put put -> keyBytes(put.key()) + put.value().size();
            case Operation.Delete(String key) -> keyBytes(key);
            case Operation.DeletePrefix(String prefix) -> keyBytes(prefix);
        };
    }

    private static void checkOverlaps(List<Operation> operations) {
        Set<String> named = new HashSet<>();
        List<String> puts = new ArrayList<>();
        List<String> prefixes = new ArrayList<>();
        for (Operation operation : operations) {
            switch (operation) {
                case Operation.Put put -> {
                    checkFirst(named, put.key());
                    puts.add(put.key());
                }
                case Operation.Delete(String key) -> checkFirst(named, key);
                case Operation.DeletePrefix(String prefix) -> prefixes.add(prefix);
            }
        }
        for (String prefix : prefixes) {
            puts.stream().filter(key -> key.startsWith(prefix)).findFirst().ifPresent(key -> {
                throw new IllegalArgumentException("key " + key + " is put, and deleted by prefix " + prefix);
            });
        }
    }

    private static void checkFirst(Set<String> named, String key) {
        if (!named.add(key)) {
            throw new IllegalArgumentException("key " + key + " is named by two operations");
        }
    }

    /** Length of a key or prefix, which must be one. */
    private static int keyBytes(String key) {
        if (key.isEmpty() || !key.chars().allMatch(c -> c > ' ' && c <= '~')) {
            throw new IllegalArgumentException("key '" + key + "': printable ASCII without spaces is allowed");
        }
        return key.length();
    }
}
