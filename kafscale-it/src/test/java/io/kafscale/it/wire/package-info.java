// SPDX-License-Identifier: Apache-2.0

/** The Kafka protocol by the byte, for what no decent client would send. */
@NullMarked
package io.kafscale.it.wire;

import org.jspecify.annotations.NullMarked;
