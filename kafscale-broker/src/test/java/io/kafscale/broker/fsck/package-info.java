// SPDX-License-Identifier: Apache-2.0
/** Tests of looking for damage, of backups and of restoring. */
@NullMarked
package io.kafscale.broker.fsck;

import org.jspecify.annotations.NullMarked;
