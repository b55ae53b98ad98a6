// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.telemetry;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.slf4j.event.KeyValuePair;

/**
 * Writes a log event as one JSON object (RFC 8259) on one line: time (UTC), level, logger, message, the event's key/values
 * as text, and error and stack when there is one. Thread-safe, since it keeps nothing.
 */
final class JsonLineEncoder extends EncoderBase<ILoggingEvent> {

    private static final byte[] NOTHING = new byte[0];
    private static final int USUAL_LENGTH = 256;

    @Override
    public byte[] headerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] footerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        StringBuilder line = new StringBuilder(USUAL_LENGTH).append('{');
        member(line, "time", time(event));
        member(line, "level", event.getLevel().toString());
        member(line, "logger", event.getLoggerName());
        member(line, "message", event.getFormattedMessage());
        keyValues(line, event);
        error(line, event);
        return line.append("}\n").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String time(ILoggingEvent event) {
        return Instant.ofEpochMilli(event.getTimeStamp()).toString();
    }

    private static void keyValues(StringBuilder line, ILoggingEvent event) {
        List<KeyValuePair> pairs = event.getKeyValuePairs();
        if (pairs != null) {
            pairs.forEach(pair -> member(line, pair.key, String.valueOf(pair.value)));
        }
    }

    private static void error(StringBuilder line, ILoggingEvent event) {
        IThrowableProxy error = event.getThrowableProxy();
        if (error != null) {
            member(line, "error", error.getClassName() + ": " + error.getMessage());
            member(line, "stack", ThrowableProxyUtil.asString(error));
        }
    }

    private static void member(StringBuilder line, String name, String value) {
        if (line.length() > 1) {
            line.append(',');
        }
        text(line, name);
        line.append(':');
        text(line, value);
    }

    private static void text(StringBuilder line, String value) {
        line.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '"' -> line.append("\\\"");
                case '\\' -> line.append("\\\\");
                case '\n' -> line.append("\\n");
                case '\r' -> line.append("\\r");
                case '\t' -> line.append("\\t");
                default -> {
                    if (c < ' ' || Character.isSurrogate(c)) {
                        // a lone surrogate has no UTF-8; a pair is as good in escapes
                        line.append("\\u").append(HexFormat.of().toHexDigits(c));
                    } else {
                        line.append(c);
                    }
                }
            }
        }
        line.append('"');
    }
}
