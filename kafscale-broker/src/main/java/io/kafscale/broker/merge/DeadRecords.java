// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.merge;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.chunk.CommitRecord;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.merge.SharedObjects.Live;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.proto.metadata.BrokerRegistration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Merges and drops what incarnations have left that are over. The last record of each, which covers the head, goes when
 * nothing of it is needed any more, and the head with it; then nothing of the incarnation is left in the metadata.
 * Thread-safe; several brokers at once do no harm, for one of two transactions on the same record is refused.
 */
public final class DeadRecords {

    private static final Logger LOG = LoggerFactory.getLogger(DeadRecords.class);

    private final LogEnvironment environment;
    private final Merging merging;

    /** How it went. */
    public enum Outcome {
        /** All that is due now is done. */
        DONE,
        /** The incarnation has a registration, or may have one; nothing was done. */
        LIVING,
        /** One of the records cannot be read; nothing was done. */
        DAMAGED,
        /** The acting broker's token is lost, or somebody else was there at the same time. */
        OVERTAKEN
    }

    public DeadRecords(LogEnvironment environment, Merging merging) {
        Merging thorough =
                new Merging(merging.footers(), merging.limits().forTheDead(), merging.liveness(), merging.moves());
        this.environment = environment;
        this.merging = thorough;
    }

    /**
     * Does what is due.
     *
     * @param token of the broker that acts
     * @param head of an incarnation that is not its own
     * @param records what stands below {@code commits/{incarnation}/}, read behind the head
     * @throws MetadataException when it cannot be found out whether the incarnation is over
     * @throws StorageException when an object cannot be read or written; what was done before stays done
     */
    public Outcome tend(Token token, KeyValue head, List<KeyValue> records) throws InterruptedException {
        String incarnation = head.key().substring(environment.keys().heads().length());
        // a name is never used again, so who has no registration now is over for ever
        for (KeyValue entry :
                environment.metadata().range(environment.keys().brokers()).all()) {
            if (mayBe(entry, incarnation)) {
                return Outcome.LIVING;
            }
        }
        SharedObjects objects = new SharedObjects(merging.limits());
        try {
            for (KeyValue entry : records) {
                CommitRecord record = CommitRecord.parse(entry.key(), entry.value());
                objects.add(Live.unknown(record, entry.modRevision()));
            }
        } catch (StorageException | IllegalStateException e) {
            LOG.atError()
                    .setCause(e)
                    .addKeyValue("incarnation", incarnation)
                    .log("commit records are damaged and stay as they are");
            return Outcome.DAMAGED;
        }
        Merger merger = new Merger(environment, token, incarnation, objects, merging);
        merger.lookAtAll();
        Merger.Done done = Merger.Done.SOMETHING;
        while (done == Merger.Done.SOMETHING) {
            done = merger.step();
        }
        if (done == Merger.Done.NOTHING) {
            done = merger.end(head);
        }
        return switch (done) {
            case SOMETHING, NOTHING -> Outcome.DONE;
            case CHANGED, OVERTAKEN -> Outcome.OVERTAKEN;
        };
    }

    private static boolean mayBe(KeyValue registration, String incarnation) {
        try {
            return BrokerRegistration.parseFrom(registration.value())
                    .getIncarnation()
                    .equals(incarnation);
        } catch (InvalidProtocolBufferException e) {
            return true;
        }
    }
}
