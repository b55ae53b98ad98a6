// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.proto.metadata.BrokerRegistration;
import io.kafscale.proto.metadata.Head;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Deletes shared objects that nobody refers to: those of the broker's own incarnation, and on behalf of all those of
 * incarnations that are over. What looks like garbage is gathered from listings; then the metadata is read, in this order:
 *
 * <pre>
 *   registrations   who is absent is so for ever: no flush of it can be committed any more
 *   own head        a flush above it is not decided, so its object stays; one below it is
 *   commit records  what is not among them now never will be
 * </pre>
 *
 * So nothing depends on what happens between this reading and the deletion, however long that takes and whoever else
 * deletes. Names sort by age, but for merged ones, so a listing ends with the first page that is young all over. Confined to
 * the janitor's thread.
 */
final class SharedSweep {

    private final JanitorEnvironment environment;
    private final RootNames names;
    private final UnknownNames unknown;

    /** The next sweep of all goes on behind this key. */
    private String cursor = "";

    SharedSweep(JanitorEnvironment environment, RootNames names, UnknownNames unknown) {
        this.environment = environment;
        this.names = names;
        this.unknown = unknown;
    }

    /** What looks like garbage. Immutable. */
    private record Candidate(ObjectKey key, RootNames.Shared name) {}

    /** Sweeps what the broker itself has written. */
    void sweepOwn(Basis basis, String own, int pages) {
        Sweep sweep = new Sweep(basis, own, pages);
        sweep.folder(own);
        sweep.drop();
    }

    /** Sweeps what dead incarnations have written, going on where the last sweep had to stop. */
    void sweepDead(Basis basis, String own, int pages) {
        Sweep sweep = new Sweep(basis, own, pages);
        Set<String> living = registered();
        living.add(own);
        while (sweep.takePage()) {
            List<ObjectInfo> next = environment.objects().list(names.shared(), cursor, 1);
            if (next.isEmpty()) {
                cursor = "";
                break;
            }
            String key = next.getFirst().key().value();
            int slash = key.indexOf('/', names.shared().length());
            if (slash < 0) {
                unknown.note(next.getFirst().key());
                cursor = key;
                continue;
            }
            String incarnation = key.substring(names.shared().length(), slash);
            if (!living.contains(incarnation) && !sweep.folder(incarnation)) {
                break;
            }
            cursor = key.substring(0, slash) + (char) ('/' + 1);
        }
        sweep.drop();
    }

    /** The incarnations that live. */
    private Set<String> registered() {
        Set<String> living = new HashSet<>();
        for (KeyValue entry :
                environment.metadata().range(environment.keys().brokers()).all()) {
            try {
                living.add(BrokerRegistration.parseFrom(entry.value()).getIncarnation());
            } catch (InvalidProtocolBufferException e) {
                throw unreadable(entry, e);
            }
        }
        return living;
    }

    private long head(String incarnation) {
        String key = environment.keys().head(incarnation);
        return environment
                .metadata()
                .get(List.of(key))
                .find(key)
                .map(SharedSweep::sequence)
                .orElse(0L);
    }

    private static long sequence(KeyValue entry) {
        try {
            return Head.parseFrom(entry.value()).getSequence();
        } catch (InvalidProtocolBufferException e) {
            throw unreadable(entry, e);
        }
    }

    private static MetadataException unreadable(KeyValue entry, Exception cause) {
        return new MetadataException(MetadataException.Kind.CORRUPT, "key " + entry.key() + " cannot be read", cause);
    }

    /** One sweep: how much it may still list, and what it has gathered. Confined as what is around it. */
    private final class Sweep {
        private final Basis basis;
        private final String own;
        private final List<Candidate> gathered = new ArrayList<>();
        private int pagesLeft;

        private Sweep(Basis basis, String own, int pages) {
            this.basis = basis;
            this.own = own;
            this.pagesLeft = pages;
        }

        private boolean takePage() {
            return pagesLeft-- > 0;
        }

        /** Goes through the objects of one incarnation; false when there were too many for this sweep. */
        private boolean folder(String incarnation) {
            String after = "";
            while (takePage()) {
                List<ObjectInfo> page =
                        environment.objects().list(names.shared(incarnation), after, ObjectStore.MAX_LISTING);
                page.forEach(this::gather);
                if (page.size() < ObjectStore.MAX_LISTING || page.stream().allMatch(basis::isYoung)) {
                    return true;
                }
                if (gathered.size() >= ObjectStore.MAX_LISTING) {
                    drop();
                }
                after = page.getLast().key().value();
            }
            return false;
        }

        private void gather(ObjectInfo object) {
            names.sharedIn(object.key())
                    .ifPresentOrElse(
                            name -> {
                                if (basis.mayDrop(object)) {
                                    gathered.add(new Candidate(object.key(), name));
                                }
                            },
                            () -> unknown.note(object.key()));
        }

        private void drop() {
            if (gathered.isEmpty()) {
                return;
            }
            Set<String> living = registered();
            long head = head(own);
            Set<String> referenced = References.sharedNow(environment.metadata(), environment.keys());
            List<ObjectKey> garbage = gathered.stream()
                    .filter(found -> found.name().incarnation().equals(own)
                            ? found.name().sequence() <= head
                            : !living.contains(found.name().incarnation()))
                    .map(Candidate::key)
                    .filter(key -> !referenced.contains(key.value()))
                    .toList();
            if (!garbage.isEmpty()) {
                environment.objects().delete(garbage);
            }
            gathered.clear();
        }
    }
}
