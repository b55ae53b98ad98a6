// SPDX-License-Identifier: Apache-2.0

/** The stores that a cluster stands on as real servers, each test class with its own. */
@NullMarked
package io.kafscale.it.servers;

import org.jspecify.annotations.NullMarked;
