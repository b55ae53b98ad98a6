// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.wire;

import java.nio.ByteBuffer;

/** What a broker did with what it was sent. */
public sealed interface Reply {
    /** It answered with a frame; {@code content} begins behind the length. */
    record Answered(ByteBuffer content) implements Reply {}

    /** It closed the connection. */
    record Closed() implements Reply {}

    /** It did neither within the time given. */
    record Silence() implements Reply {}
}
