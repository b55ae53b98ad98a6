// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import java.util.Locale;
import java.util.UUID;

/**
 * A broker that tests talk to.
 *
 * @param isForeign not ours, but one that the tests themselves are tried on
 */
public record Bootstrap(String address, boolean isForeign) {
    /** A name for topics and groups that no earlier test or run used. */
    public String newName(String purpose) {

        return purpose.toLowerCase(Locale.ROOT).replace('_', '-') + "-"
                + UUID.randomUUID().toString().substring(0, 8);
    }
}
