// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;

/**
 * Compares and, if they all hold, operations. Immutable; its {@link Builder} is confined to one thread.
 */
public record Transaction(List<Compare> compares, List<Operation> operations) {

    public Transaction {
        compares = List.copyOf(compares);
        operations = List.copyOf(operations);
    }

    public static Builder when(Compare... compares) {
        Builder builder = new Builder();
        builder.compares.addAll(List.of(compares));
        return builder;
    }

    /** Gathers a transaction. */
    public static final class Builder {
        private final List<Compare> compares = new ArrayList<>();
        private final List<Operation> operations = new ArrayList<>();

        public Builder and(Compare compare) {
            compares.add(compare);
            return this;
        }

        public Builder put(String key, ByteString value) {
            operations.add(new Operation.Put(key, value, Lease.NONE));
            return this;
        }

        public Builder put(String key, ByteString value, Lease lease) {
            operations.add(new Operation.Put(key, value, lease.id()));
            return this;
        }

        public Builder delete(String key) {
            operations.add(new Operation.Delete(key));
            return this;
        }

        public Builder deletePrefix(String prefix) {
            operations.add(new Operation.DeletePrefix(prefix));
            return this;
        }

        public Transaction build() {
            return new Transaction(compares, operations);
        }
    }
}
