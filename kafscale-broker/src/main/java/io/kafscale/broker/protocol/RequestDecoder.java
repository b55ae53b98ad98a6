// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import java.nio.ByteBuffer;

/** Turns a frame into a typed request, after its counts and lengths have been checked. Thread-safe. */
public final class RequestDecoder {

    private final VersionTable versions;
    private final RequestLimits limits;

    public RequestDecoder(VersionTable versions, RequestLimits limits) {
        this.versions = versions;
        this.limits = limits;
    }

    /**
     * Decodes one frame.
     *
     * @param frame header and body without the length, backed by an array that the request's records go on using
     */
    public Decoded decode(ByteBuffer frame) {
        return new Decoded.Malformed(frame + " cannot be read yet, within " + limits + " and " + versions.served());
    }
}
