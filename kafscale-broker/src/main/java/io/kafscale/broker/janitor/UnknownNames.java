// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import io.kafscale.broker.storage.ObjectKey;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Objects with names that mean nothing here, which nobody deletes. Confined to the janitor's thread. */
final class UnknownNames {

    private static final Logger LOG = LoggerFactory.getLogger(UnknownNames.class);
    private static final int MOST = 1000;

    private final Set<ObjectKey> seen = new HashSet<>();

    /** The first one is told. */
    void note(ObjectKey key) {
        if (seen.size() < MOST && seen.add(key) && seen.size() == 1) {
            LOG.atWarn().addKeyValue("object", key).log("object has an unknown name; it is left where it is");
        }
    }

    /** How many different ones there were, up to 1,000. */
    int count() {
        return seen.size();
    }
}
