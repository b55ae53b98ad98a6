// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

/** Where the value of a setting comes from, by the protocol's numbers. */
enum ConfigSource {
    TOPIC(1),
    STATIC_BROKER(4),
    DEFAULT(5);

    private final byte code;

    ConfigSource(int code) {
        this.code = (byte) code;
    }

    byte code() {
        return code;
    }
}
