// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;

/**
 * A topic in a metadata answer that spreads well over the answer's hash table, whatever names and ids a client asks for:
 * the table takes cubic time for elements of one hash, as topics without a name would be (3,000 of them half a minute).
 * Nobody looks anything up in it. Confined to the answer that holds it.
 */
final class SpreadTopic extends MetadataResponseTopic {

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    @Override
    public boolean equals(Object other) {
        return this == other;
    }
}
