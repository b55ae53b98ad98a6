// SPDX-License-Identifier: Apache-2.0

/** JMH benchmarks of the broker's hot paths, one class per path. */
@NullMarked
package io.kafscale.benchmarks;

import org.jspecify.annotations.NullMarked;
