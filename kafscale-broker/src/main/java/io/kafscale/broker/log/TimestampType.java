// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

/** Whose clock a topic's records carry, {@code message.timestamp.type}. */
public enum TimestampType {
    CREATE_TIME,
    LOG_APPEND_TIME
}
