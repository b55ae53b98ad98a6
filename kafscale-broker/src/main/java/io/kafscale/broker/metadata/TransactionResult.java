// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

/** How a transaction ended, as far as the caller can know. Immutable. */
public sealed interface TransactionResult {

    /** All compares held; what it wrote carries this revision and is durable. */
    record Applied(long revision) implements TransactionResult {}

    /** A compare did not hold at this revision; nothing was written. */
    record Refused(long revision) implements TransactionResult {}

    /** The answer was lost: it may have been applied, or may yet be. */
    record Unknown(MetadataException cause) implements TransactionResult {}
}
