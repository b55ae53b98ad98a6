// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import io.kafscale.broker.storage.HealthLimits;
import java.time.Duration;

/** The variables that say when a store of objects counts as degraded or unavailable. Stateless. */
final class HealthVariables {

    private static final Duration LONGEST_WINDOW = Duration.ofHours(1);
    private static final Duration LONGEST_LATENCY = Duration.ofMinutes(5);

    private HealthVariables() {}

    static HealthLimits limits(Environment environment) {
        HealthLimits usual = HealthLimits.DEFAULTS;
        Duration warn = latency(environment, Variable.S3_LATENCY_WARN_MS, usual.latencyWarn());
        Duration critical = latency(environment, Variable.S3_LATENCY_CRIT_MS, usual.latencyCritical());
        double errorWarn = environment.share(Variable.S3_ERROR_RATE_WARN, usual.errorWarn());
        double errorCritical = environment.share(Variable.S3_ERROR_RATE_CRIT, usual.errorCritical());
        if (warn.compareTo(critical) > 0) {
            throw crossed(
                    Variable.S3_LATENCY_WARN_MS, warn.toMillis(), Variable.S3_LATENCY_CRIT_MS, critical.toMillis());
        }
        if (errorWarn > errorCritical) {
            throw crossed(Variable.S3_ERROR_RATE_WARN, errorWarn, Variable.S3_ERROR_RATE_CRIT, errorCritical);
        }
        Duration window = environment.time(
                Variable.S3_HEALTH_WINDOW_SEC,
                Duration.ofSeconds(1),
                Duration.ofSeconds(1),
                LONGEST_WINDOW,
                usual.window());
        return new HealthLimits(window, warn, critical, errorWarn, errorCritical);
    }

    private static Duration latency(Environment environment, Variable variable, Duration otherwise) {
        Duration millisecond = Duration.ofMillis(1);
        return environment.time(variable, millisecond, millisecond, LONGEST_LATENCY, otherwise);
    }

    private static ConfigException crossed(Variable warn, Object low, Variable critical, Object high) {
        return new ConfigException(
                warn.key() + " is " + low + ", but must not be above " + critical.key() + ", which is " + high);
    }
}
