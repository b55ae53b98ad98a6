// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.merge.DeadRecords;
import io.kafscale.broker.merge.Merging;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.Token;
import java.util.List;

/** Looks after the commit records that other incarnations have left, one incarnation after the other. Thread-safe. */
final class LeftRecords {

    private final LogEnvironment environment;
    private final DeadRecords dead;

    LeftRecords(LogEnvironment environment, Merging merging) {
        this.environment = environment;
        this.dead = new DeadRecords(environment, merging);
    }

    /**
     * Merges and drops what is due.
     *
     * @param token of the broker that acts
     * @throws io.kafscale.broker.metadata.MetadataException when the metadata cannot be read
     * @throws io.kafscale.broker.storage.StorageException when an object cannot be read or written
     */
    void tend(Token token) throws InterruptedException {
        String heads = environment.keys().heads();
        for (KeyValue head : environment.metadata().range(heads).all()) {
            String incarnation = head.key().substring(heads.length());
            if (!incarnation.equals(token.incarnation())) {
                List<KeyValue> records = environment
                        .metadata()
                        .range(environment.keys().commits(incarnation))
                        .all();
                if (dead.tend(token, incarnation, records) == DeadRecords.Outcome.OVERTAKEN) {
                    return;
                }
            }
        }
    }
}
