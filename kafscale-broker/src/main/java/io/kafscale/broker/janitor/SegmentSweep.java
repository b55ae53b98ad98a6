// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import io.kafscale.broker.segment.SegmentName;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Deletes the segments of topics that are gone, and those that end before their partition begins. A topic's id does not come
 * back and a log start does not go back, so nothing depends on what happens between reading the metadata, which comes behind
 * the listing, and the deletion. Confined to the janitor's thread.
 */
final class SegmentSweep {

    private final JanitorEnvironment environment;
    private final RootNames names;
    private final UnknownNames unknown;

    /** The next sweep goes on behind this key. */
    private String cursor = "";

    SegmentSweep(JanitorEnvironment environment, RootNames names, UnknownNames unknown) {
        this.environment = environment;
        this.names = names;
        this.unknown = unknown;
    }

    /** What looks like garbage. Immutable. */
    private record Candidate(ObjectKey key, SegmentName segment) {}

    void sweep(Basis basis, int pages) {
        List<Candidate> gathered = new ArrayList<>();
        for (int page = 0; page < pages; page++) {
            List<ObjectInfo> listed = environment.objects().list(names.segments(), cursor, ObjectStore.MAX_LISTING);
            listed.forEach(object -> gather(basis, object).ifPresent(gathered::add));
            if (gathered.size() >= ObjectStore.MAX_LISTING) {
                drop(gathered);
            }
            if (listed.size() < ObjectStore.MAX_LISTING) {
                cursor = "";
                break;
            }
            cursor = listed.getLast().key().value();
        }
        drop(gathered);
    }

    private Optional<Candidate> gather(Basis basis, ObjectInfo object) {
        Optional<SegmentName> segment = SegmentName.parse(environment.root(), object.key());
        if (segment.isEmpty()) {
            unknown.note(object.key());
        }
        return segment.filter(name -> basis.mayDrop(object, name)).map(name -> new Candidate(object.key(), name));
    }

    private void drop(List<Candidate> gathered) {
        if (gathered.isEmpty()) {
            return;
        }
        SegmentNeeds needs = SegmentNeeds.now(environment.metadata(), environment.keys());
        List<ObjectKey> garbage = gathered.stream()
                .filter(found -> !needs.isNeeded(found.key(), found.segment()))
                .map(Candidate::key)
                .toList();
        if (!garbage.isEmpty()) {
            environment.objects().delete(garbage);
        }
        gathered.clear();
    }
}
