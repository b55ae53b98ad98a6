// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import io.kafscale.broker.time.Clock;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * What all groups of a shard share. Immutable.
 *
 * @param unused told of a group of which nothing is left
 */
record GroupContext(
        Clock clock,
        GroupSettings settings,
        RandomGenerator random,
        Alarms alarms,
        WriteQueue writes,
        Consumer<Group> unused) {}
