// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Counts in a key of a store by compare and set, and counts how that went. One thread counts, others may look. */
final class Count {

    private final AtomicLong applied = new AtomicLong();
    private final AtomicLong unknown = new AtomicLong();

    void once(MetadataStore store) {
        try {
            KeyValue seen = store.get(List.of("counter")).find("counter").orElseThrow();
            String text = seen.value().toStringUtf8();
            long next = text.equals("counter") ? 1 : Long.parseLong(text) + 1;
            TransactionResult result = store.commit(Transaction.when(Compare.unchanged(seen))
                    .put("counter", ByteString.copyFromUtf8(Long.toString(next)))
                    .build());
            if (result instanceof TransactionResult.Applied) {
                applied.incrementAndGet();
            } else if (result instanceof TransactionResult.Unknown) {
                unknown.incrementAndGet();
            }
        } catch (MetadataException e) {
            // not applied
        }
    }

    long applied() {
        return applied.get();
    }

    long unknown() {
        return unknown.get();
    }
}
