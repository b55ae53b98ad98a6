// SPDX-License-Identifier: Apache-2.0

/**
 * Real processes: the broker's jar, the Kafka command line, clients of other versions. All waiting with a limit that these tests
 * do happens in this package.
 */
@NullMarked
package io.kafscale.it.process;

import org.jspecify.annotations.NullMarked;
