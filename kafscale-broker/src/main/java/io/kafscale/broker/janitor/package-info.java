// SPDX-License-Identifier: Apache-2.0
/**
 * Beside the way of a record. Knows whose the stores are, and whether the metadata is as new as the bucket: asked by {@code
 * cluster} before each registration. Deletes what nobody refers to any more. Calls {@code cluster}, {@code segment}, {@code
 * storage} and {@code metadata}.
 */
@NullMarked
package io.kafscale.broker.janitor;

import org.jspecify.annotations.NullMarked;
