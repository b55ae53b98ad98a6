// SPDX-License-Identifier: Apache-2.0
/**
 * Beside the way. Files and folders of a local disk, and what it takes until they survive a crash of the machine. Called
 * by those stores of {@code storage} and {@code metadata} that keep a local directory; knows neither objects nor keys.
 */
@NullMarked
package io.kafscale.broker.disk;

import org.jspecify.annotations.NullMarked;
