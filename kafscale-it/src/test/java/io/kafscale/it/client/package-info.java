// SPDX-License-Identifier: Apache-2.0

/**
 * Programs that run in JVMs of their own, on a class path with nothing but them and one version of kafka-clients. They are compiled
 * once, so they use only what all of those versions have.
 */
@NullMarked
package io.kafscale.it.client;

import org.jspecify.annotations.NullMarked;
