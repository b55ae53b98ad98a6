// SPDX-License-Identifier: Apache-2.0
/** A real etcd as child processes, and what can go wrong with it and on the way to it. */
@NullMarked
package io.kafscale.it.etcd;

import org.jspecify.annotations.NullMarked;
