// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds variables that look meant for the broker and do not act in this version. Stateless. */
final class UnusedVariables {

    private static final String PREFIX = "KAFSCALE_";

    /** Settings that can be ignored without harm, or that are read by others than the broker. */
    private static final List<String> HARMLESS = List.of(
            "KAFSCALE_METRICS_ADDR",
            "KAFSCALE_CONTROL_ADDR",
            "KAFSCALE_THROUGHPUT_WINDOW_SEC",
            "KAFSCALE_LAG_SAMPLE_INTERVAL_SEC",
            "KAFSCALE_CONSOLE_",
            "KAFSCALE_UI_",
            "KAFSCALE_DEMO_",
            "KAFSCALE_E2E",
            "KAFSCALE_KIND_",
            "KAFSCALE_BROKER_IMAGE",
            "KAFSCALE_OPERATOR_IMAGE");

    /** So many letters too few, too many or wrong may be a slip. */
    private static final int MISTYPED = 4;

    private UnusedVariables() {}

    /** A sentence for each variable that does nothing. */
    static List<String> warnings(Map<String, String> environment) {
        return names(ServiceLinks.removedFrom(environment))
                .filter(name -> Variable.find(name).isEmpty())
                .map(UnusedVariables::warning)
                .toList();
    }

    private static Stream<String> names(Map<String, String> environment) {
        return environment.entrySet().stream()
                .filter(variable -> variable.getKey().startsWith(PREFIX))
                .filter(variable -> !variable.getValue().isBlank())
                .map(Map.Entry::getKey)
                .sorted();
    }

    private static String warning(String name) {
        if (HARMLESS.stream().anyMatch(name::startsWith)) {
            return name + " has no effect in this version";
        }
        return name + " is unknown"
                + nearest(name).map(known -> "; did you mean " + known + "?").orElse("");
    }

    private static Optional<String> nearest(String name) {
        return Variable.keys().stream()
                .filter(known -> distance(name, known) <= MISTYPED)
                .min(Comparator.comparingInt(known -> distance(name, known)));
    }

    /** Levenshtein's distance, one row at a time. */
    private static int distance(String from, String to) {
        int[] above = new int[to.length() + 1];
        for (int column = 0; column < above.length; column++) {
            above[column] = column;
        }
        for (int row = 1; row <= from.length(); row++) {
            int[] current = new int[above.length];
            current[0] = row;
            for (int column = 1; column < above.length; column++) {
                int replaced = above[column - 1] + (from.charAt(row - 1) == to.charAt(column - 1) ? 0 : 1);
                current[column] = Math.min(replaced, 1 + Math.min(above[column], current[column - 1]));
            }
            above = current;
        }
        return above[to.length()];
    }
}
