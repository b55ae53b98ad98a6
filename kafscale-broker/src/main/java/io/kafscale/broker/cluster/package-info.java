// SPDX-License-Identifier: Apache-2.0
/**
 * Stage 4 of 5. Who is there and who owns what: registration, topics, ownership of partitions and group shards, producer
 * ids. Called by {@code handler} and {@code group}; calls {@code metadata}.
 */
@NullMarked
package io.kafscale.broker.cluster;

import org.jspecify.annotations.NullMarked;
