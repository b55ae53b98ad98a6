// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Threads;
import java.util.random.RandomGenerator;

/** What a store on S3 needs from its surroundings. Immutable. */
public record S3Environment(Clock clock, Threads threads, RandomGenerator random) {}
