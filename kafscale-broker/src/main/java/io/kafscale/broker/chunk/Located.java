// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import io.kafscale.broker.storage.ObjectKey;

/**
 * What is needed to read a chunk back. Immutable.
 *
 * @param endOffset exclusive
 */
public record Located(ObjectKey object, Chunk.Extent bytes, long baseOffset, long endOffset) {}
