// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.metadata.MetadataException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/** A time without the metadata store, which the log is told of once, however many shards notice. Thread-safe. */
final class StoreOutage {

    private final AtomicBoolean lasts = new AtomicBoolean();

    /** A call of the store failed. */
    void noticed(Logger log, String message, int shard, MetadataException cause) {
        boolean isKnown = lasts.getAndSet(true);
        log.atLevel(isKnown ? Level.DEBUG : Level.WARN)
                .setCause(cause)
                .addKeyValue("shard", shard)
                .log(message);
    }

    /** A call of the store succeeded. */
    void over(Logger log) {
        if (lasts.get() && lasts.getAndSet(false)) {
            log.atInfo().log("the metadata store serves groups again");
        }
    }
}
