// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.storage.ObjectInfo;
import java.util.List;

/** Where is told what is found, as it is found. Confined to the thread that looks. */
public interface Report {

    /** Something for the reader that is neither good nor bad. */
    void note(String text);

    void problem(String kind, String subject, String detail);

    /** An object that nobody refers to. */
    void orphan(ObjectInfo object);

    /** An object whose name means nothing to this version. */
    void unknownName(ObjectInfo object);

    /** How it ended: what was seen, and what to do now. */
    void summary(List<Total> totals, List<String> advice);

    /** A number with what it counts. Immutable. */
    record Total(String name, long value) {}
}
