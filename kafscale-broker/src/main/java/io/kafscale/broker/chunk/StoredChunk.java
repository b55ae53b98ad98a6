// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.chunk;

import io.kafscale.broker.storage.ObjectKey;

/** A chunk and the object that it is in. Immutable. */
public record StoredChunk(Chunk chunk, ObjectKey object) {}
