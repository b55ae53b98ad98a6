// SPDX-License-Identifier: Apache-2.0

/** What clients did and saw while a broker was killed again and again, and what must hold of it. */
@NullMarked
package io.kafscale.it.history;

import org.jspecify.annotations.NullMarked;
