// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.telemetry;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import java.io.OutputStream;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/**
 * Where the log lines of this process go. Set up by the command line only: a broker that is embedded leaves logging to its
 * host. Stateless.
 */
public final class LogOutput {

    private static final String OURS = "io.kafscale";
    private static final String REQUESTS = "io.kafscale.broker.network";

    private LogOutput() {}

    /**
     * Sends the process's log to a stream, one JSON object a line.
     *
     * @param level error, warn, info or debug; libraries are at most at info
     * @param traceRequests the network's debug lines are shown at any level
     */
    public static void begin(String level, boolean traceRequests, OutputStream stream) {
        ILoggerFactory factory = LoggerFactory.getILoggerFactory();
        if (factory instanceof LoggerContext context) {
            context.reset();
            Level ours = Level.toLevel(level);
            Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
            root.setLevel(ours.isGreaterOrEqual(Level.INFO) ? ours : Level.INFO);
            root.addAppender(appender(context, stream));
            context.getLogger(OURS).setLevel(ours);
            if (traceRequests) {
                context.getLogger(REQUESTS).setLevel(Level.DEBUG);
            }
        }
    }

    private static OutputStreamAppender<ILoggingEvent> appender(LoggerContext context, OutputStream stream) {
        JsonLineEncoder encoder = new JsonLineEncoder();
        encoder.setContext(context);
        encoder.start();
        OutputStreamAppender<ILoggingEvent> appender = new OutputStreamAppender<>();
        appender.setContext(context);
        appender.setName("json");
        appender.setEncoder(encoder);
        appender.setOutputStream(stream);
        appender.start();
        return appender;
    }
}
