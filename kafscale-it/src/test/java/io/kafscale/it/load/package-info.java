// SPDX-License-Identifier: Apache-2.0

/** Clients that write and read without rest and keep a record of all that happened to them. */
@NullMarked
package io.kafscale.it.load;

import org.jspecify.annotations.NullMarked;
