// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.history;

/** What a producer learned of a record that it sent. Immutable. */
public sealed interface SendOutcome {
    /** The broker acknowledged it at {@code offset}. */
    record Acknowledged(long offset) implements SendOutcome {}

    /** It was never written, for certain. */
    record Refused(String error) implements SendOutcome {}

    /** It may have been written. */
    record Unknown(String error) implements SendOutcome {}
}
