// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

/**
 * An upload that has been neither completed nor given up. Immutable.
 *
 * @param id the store's name for it
 * @param startedMillis when it began, by the store's clock, in milliseconds since 1970-01-01 UTC
 */
public record UploadInfo(ObjectKey key, String id, long startedMillis) {}
