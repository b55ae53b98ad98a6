// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectStore;
import java.util.List;

/** All objects below a prefix, a page at a time. Immutable. */
record Listing(ObjectStore objects, String prefix) {

    /** What is done with each object. */
    @FunctionalInterface
    interface Visitor {
        void visit(ObjectInfo object) throws InterruptedException;
    }

    /** Visits all in the order of their keys. */
    void forEach(Visitor visitor) throws InterruptedException {
        String after = "";
        while (true) {
            List<ObjectInfo> page = objects.list(prefix, after, ObjectStore.MAX_LISTING);
            for (ObjectInfo object : page) {
                visitor.visit(object);
            }
            if (page.size() < ObjectStore.MAX_LISTING) {
                return;
            }
            after = page.getLast().key().value();
        }
    }
}
