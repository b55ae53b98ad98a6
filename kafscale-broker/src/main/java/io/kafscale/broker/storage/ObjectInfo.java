// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

/**
 * One line of a listing. Immutable.
 *
 * @param sizeBytes length of the object
 * @param lastModifiedMillis when it was written, by the store's clock, in milliseconds since 1970-01-01 UTC
 */
public record ObjectInfo(ObjectKey key, long sizeBytes, long lastModifiedMillis) {}
