// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.merge.DeadRecords;
import io.kafscale.broker.merge.Merging;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.Deadline;
import io.kafscale.proto.metadata.Owner;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after the commit records that other incarnations have left, one incarnation after the other; only the broker does it
 * that tidies up for all. Confined to one thread.
 */
final class LeftRecords {

    private static final Logger LOG = LoggerFactory.getLogger(LeftRecords.class);
    private static final Duration PAUSE = Duration.ofMinutes(15);

    private final Map<String, Deadline> notBefore = new HashMap<>();
    private final LogEnvironment environment;
    private final DeadRecords dead;

    LeftRecords(LogEnvironment environment, Merging merging) {
        this.environment = environment;
        this.dead = new DeadRecords(environment, merging);
    }

    /**
     * Merges and drops what is due, if the broker has the claim to tidy up for all.
     *
     * @param token of the broker that acts
     * @throws io.kafscale.broker.metadata.MetadataException when the metadata cannot be read
     */
    void tend(Token token) throws InterruptedException {
        if (!hasClaim(token)) {
            return;
        }
        String heads = environment.keys().heads();
        for (KeyValue head : environment.metadata().range(heads).all()) {
            String incarnation = head.key().substring(heads.length());
            if (!incarnation.equals(token.incarnation()) && mayTry(incarnation)) {
                try {
                    if (tend(token, head) == DeadRecords.Outcome.OVERTAKEN) {
                        return;
                    }
                } catch (StorageException e) {
                    if (e.kind() == StorageException.Kind.INTERRUPTED) {
                        throw new InterruptedException(e.getMessage());
                    }
                    putOff(incarnation, e);
                }
            }
        }
    }

    /** Two who believe so do no harm, so the claim is only looked at. */
    private boolean hasClaim(Token token) {
        String key = environment.keys().janitorOwner();
        return environment
                .metadata()
                .get(List.of(key))
                .find(key)
                .filter(entry -> isOf(token, entry))
                .isPresent();
    }

    private static boolean isOf(Token token, KeyValue entry) {
        try {
            return Owner.parseFrom(entry.value()).getIncarnation().equals(token.incarnation());
        } catch (InvalidProtocolBufferException e) {
            return false;
        }
    }

    private DeadRecords.Outcome tend(Token token, KeyValue head) throws InterruptedException {
        String incarnation = head.key().substring(environment.keys().heads().length());
        List<KeyValue> records = environment
                .metadata()
                .range(environment.keys().commits(incarnation))
                .all();
        return dead.tend(token, head, records);
    }

    private boolean mayTry(String incarnation) {
        return Optional.ofNullable(notBefore.get(incarnation))
                .map(deadline -> deadline.passed(environment.clock()))
                .orElse(true);
    }

    /** What one has left must not keep the others from being looked after. */
    private void putOff(String incarnation, StorageException cause) {
        notBefore.put(incarnation, Deadline.after(environment.clock(), PAUSE));
        LOG.atWarn()
                .setCause(cause)
                .addKeyValue("incarnation", incarnation)
                .log("what an incarnation has left cannot be merged now; trying again later");
    }
}
