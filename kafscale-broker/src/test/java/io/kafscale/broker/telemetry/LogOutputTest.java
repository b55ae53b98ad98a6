// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

final class LogOutputTest {

    private final LoggerContext context = new LoggerContext();
    private final JsonLineEncoder encoder = new JsonLineEncoder();

    private LoggingEvent event(String message, Throwable... error) {
        LoggingEvent event = new LoggingEvent(
                "io.kafscale.Test",
                context.getLogger("io.kafscale.Test"),
                Level.WARN,
                message,
                error.length == 0 ? null : error[0],
                new Object[0]);
        event.setInstant(Instant.ofEpochMilli(1_700_000_000_123L));
        return event;
    }

    private String line(LoggingEvent event) {
        return new String(encoder.encode(event), StandardCharsets.UTF_8);
    }

    @Test
    void aLineIsOneObjectInAFixedOrder() {
        LoggingEvent event = event("flush failed");
        event.setKeyValuePairs(List.of(new KeyValuePair("object", "a/b"), new KeyValuePair("attempt", 3)));

        assertThat(line(event))
                .isEqualTo("{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"WARN\",\"logger\":\"io.kafscale.Test\","
                        + "\"message\":\"flush failed\",\"object\":\"a/b\",\"attempt\":\"3\"}\n");
    }

    @Test
    void nothingCanBreakTheLine() {
        LoggingEvent event = event("a \"quoted\" \\ line\nbreak\r\ttab \u0001 \ud800 \ud83d\ude00 ä");

        assertThat(line(event))
                .contains("a \\\"quoted\\\" \\\\ line\\nbreak\\r\\ttab \\u0001 \\ud800 \\ud83d\\ude00 ä")
                .endsWith("}\n")
                .hasLineCount(1);
    }

    @Test
    void anErrorComesWithItsStack() {
        String line = line(event("failed", new IllegalStateException("on purpose")));

        assertThat(line)
                .contains("\"error\":\"java.lang.IllegalStateException: on purpose\"")
                .contains("LogOutputTest")
                .hasLineCount(1);
    }
}
