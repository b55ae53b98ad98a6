// SPDX-License-Identifier: Apache-2.0

/** Tests of the runnable broker jar, seen from outside as its users see it. */
@NullMarked
package io.kafscale.it;

import org.jspecify.annotations.NullMarked;
