// SPDX-License-Identifier: Apache-2.0

/** The broker's store on S3 with real servers. */
@NullMarked
package io.kafscale.it.s3;

import org.jspecify.annotations.NullMarked;
