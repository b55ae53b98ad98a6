// SPDX-License-Identifier: Apache-2.0

/** What a broker on S3 and etcd does while one of them is in trouble, fault by fault. */
@NullMarked
package io.kafscale.it.faults;

import org.jspecify.annotations.NullMarked;
