// SPDX-License-Identifier: Apache-2.0

/**
 * JMH benchmarks of the broker's hot paths, one class per path, and programs that measure what is no path: costs of requests,
 * and how large partitions and many of them behave on real servers.
 */
@NullMarked
package io.kafscale.benchmarks;

import org.jspecify.annotations.NullMarked;
