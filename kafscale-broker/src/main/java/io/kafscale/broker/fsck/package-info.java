// SPDX-License-Identifier: Apache-2.0
/**
 * Beside the way of a record. Looks through both stores for damage, writes backups of the metadata into the bucket, and brings
 * a cluster back whose metadata was lost. Wired by the root; calls {@code janitor}, {@code segment}, {@code chunk}, {@code
 * storage} and {@code metadata}.
 */
@NullMarked
package io.kafscale.broker.fsck;

import org.jspecify.annotations.NullMarked;
