// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

/** How a {@link ObjectStore#put} ended, as far as the writer can know. Immutable. */
public sealed interface PutResult {

    /** The object is durable under the name. */
    record Created() implements PutResult {}

    /** The name was taken; what is there has not been touched. */
    record AlreadyExists() implements PutResult {}

    /** The answer was lost: the object may be there, may come later, or may never come. */
    record Unknown(StorageException cause) implements PutResult {}
}
