// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import org.apache.kafka.common.protocol.ApiMessage;

/** What a frame turned out to be. Immutable. */
public sealed interface Decoded {

    /**
     * A request of a version that is served; its record bytes are slices of the frame. An ApiVersions of any other
     * version comes so too, without its fields, since it is answered all the same.
     */
    record Request(RequestHeader header, ApiMessage message) implements Decoded {}

    /** A request of an API that is served, in a version that is not; its body was not looked at. */
    record UnsupportedVersion(RequestHeader header) implements Decoded {}

    /** Neither: an API that is not known, a body that cannot be parsed, or one beyond the limits. */
    record Malformed(String reason) implements Decoded {}
}
