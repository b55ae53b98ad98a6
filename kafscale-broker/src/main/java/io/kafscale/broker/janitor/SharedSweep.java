// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import java.util.ArrayList;
import java.util.List;

/**
 * Deletes shared objects that nobody refers to: those of the broker's own incarnation, and on behalf of all those of
 * incarnations that are over. What looks like garbage is gathered from listings; then the metadata is read, for {@link SharedNeeds}.
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
        Sweep sweep = new Sweep(basis, pages);
        sweep.folder(own);
        sweep.drop();
    }

    /** Sweeps what dead incarnations have written, going on where the last sweep had to stop. */
    void sweepDead(Basis basis, String own, int pages) {
        Sweep sweep = new Sweep(basis, pages);
        SharedNeeds before = needs();
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
            boolean isLiving = incarnation.equals(own) || before.isLiving(incarnation);
            if (!isLiving && !sweep.folder(incarnation)) {
                break;
            }
            cursor = key.substring(0, slash) + (char) ('/' + 1);
        }
        sweep.drop();
    }

    private SharedNeeds needs() {
        return SharedNeeds.now(environment.metadata(), environment.keys());
    }

    /** One sweep: how much it may still list, and what it has gathered. Confined as what is around it. */
    private final class Sweep {
        private final Basis basis;
        private final List<Candidate> gathered = new ArrayList<>();
        private int pagesLeft;

        private Sweep(Basis basis, int pages) {
            this.basis = basis;
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
            SharedNeeds needs = needs();
            List<ObjectKey> garbage = gathered.stream()
                    .filter(found -> !needs.isNeeded(
                            found.key(),
                            found.name().incarnation(),
                            found.name().sequence()))
                    .map(Candidate::key)
                    .toList();
            if (!garbage.isEmpty()) {
                environment.objects().delete(garbage);
            }
            gathered.clear();
        }
    }
}
