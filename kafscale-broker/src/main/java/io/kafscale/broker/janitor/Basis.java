// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import io.kafscale.broker.segment.SegmentName;
import io.kafscale.broker.storage.ObjectInfo;
import java.util.stream.Stream;

/**
 * What is known of the past when a sweep decides: two looks at the references, both over. What {@code old} did not refer to,
 * and is older than that look, has been garbage for the grace. {@code recent} makes sure that the metadata has been there for
 * a while since: behind a long outage a commit may still be about to arrive that began before it. An object is never referred
 * to again once it was not, apart from the one commit that follows its writing. Decides without input or output. Immutable.
 *
 * @param oldMillis nothing that was written later is garbage, by the bucket's clock
 */
record Basis(References old, References recent, long oldMillis) {

    /** Whether an object is so young that nothing can be said of it. */
    boolean isYoung(ObjectInfo object) {
        return object.lastModifiedMillis() >= oldMillis;
    }

    /** Whether a shared object is garbage unless the metadata refers to it now. */
    boolean mayDrop(ObjectInfo sharedObject) {
        String key = sharedObject.key().value();
        return !isYoung(sharedObject)
                && !old.shared().contains(key)
                && !recent.shared().contains(key);
    }

    /**
     * Whether a part of a segment is garbage unless the metadata says otherwise now: its topic was gone, or its partition
     * began behind it.
     */
    boolean mayDrop(ObjectInfo part, SegmentName segment) {
        return !isYoung(part)
                && Stream.of(old, recent)
                        .noneMatch(then ->
                                new SegmentNeeds(then.topics(), then.partitions()).isNeeded(part.key(), segment));
    }
}
