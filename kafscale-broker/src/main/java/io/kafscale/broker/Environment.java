// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Environment variables as typed values. A variable that is set to nothing counts as not set. Immutable.
 *
 * @param values by the names of the variables
 */
record Environment(Map<String, String> values) {

    private static final Pattern AMOUNT = Pattern.compile("(\\d{1,18})\\s*([A-Za-z]*)");
    private static final Pattern SHARE = Pattern.compile("[0-9]{1,4}|[0-9]{0,4}\\.[0-9]{1,9}");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,128}");
    /** A name or an IPv4 address; or an IPv6 address, which has at least two colons. */
    private static final Pattern HOST =
            Pattern.compile("[A-Za-z0-9._-]{1,255}|(?=.*:.*:)[0-9A-Fa-f:.]{2,45}(%[A-Za-z0-9._-]{1,64})?");

    private static final Map<String, Long> SIZE_UNITS = Map.of(
            "",
            1L,
            "b",
            1L,
            "kib",
            1L << 10,
            "mib",
            1L << 20,
            "gib",
            1L << 30,
            "kb",
            1_000L,
            "mb",
            1_000_000L,
            "gb",
            1_000_000_000L);

    private static final Map<String, Long> TIME_UNITS_IN_MS =
            Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L);

    Environment {
        values = Map.copyOf(values);
    }

    /** A host and a port. Immutable. */
    record Address(String host, int port) {}

    Optional<String> text(Variable variable) {
        return Optional.ofNullable(values.get(variable.key()))
                .map(String::strip)
                .filter(value -> !value.isEmpty());
    }

    boolean isOn(Variable variable, boolean otherwise) {
        return text(variable)
                .map(value -> switch (value.toLowerCase(Locale.ROOT)) {
                    case "true", "1" -> true;
                    case "false", "0" -> false;
                    default -> throw refuse(variable, value);
                })
                .orElse(otherwise);
    }

    int number(Variable variable, int least, int most, int otherwise) {
        return text(variable)
                .map(value -> Math.toIntExact(within(variable, value, parsed(value), least, most)))
                .orElse(otherwise);
    }

    /** A share, above 0 and at most 1. */
    double share(Variable variable, double otherwise) {
        return text(variable).map(value -> share(variable, value)).orElse(otherwise);
    }

    private static double share(Variable variable, String value) {
        if (!SHARE.matcher(value).matches() || Double.parseDouble(value) <= 0 || Double.parseDouble(value) > 1) {
            throw refuse(variable, value);
        }
        return Double.parseDouble(value);
    }

    private static OptionalLong parsed(String value) {
        try {
            return OptionalLong.of(Long.parseLong(value));
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    long size(Variable variable, long least, long most, long otherwise) {
        return text(variable)
                .map(value -> within(variable, value, amount(value, SIZE_UNITS, 1), least, most))
                .orElse(otherwise);
    }

    /**
     * A time.
     *
     * @param unit the unit of a plain number, as the variable's name says
     */
    Duration time(Variable variable, Duration unit, Duration least, Duration most, Duration otherwise) {
        return text(variable)
                .map(value -> within(
                        variable,
                        value,
                        amount(value, TIME_UNITS_IN_MS, unit.toMillis()),
                        least.toMillis(),
                        most.toMillis()))
                .map(Duration::ofMillis)
                .orElse(otherwise);
    }

    private static OptionalLong amount(String value, Map<String, Long> units, long plainUnit) {
        Matcher matcher = AMOUNT.matcher(value);
        if (!matcher.matches()) {
            return OptionalLong.empty();
        }
        String unit = matcher.group(2).toLowerCase(Locale.ROOT);
        long factor = unit.isEmpty() ? plainUnit : units.getOrDefault(unit, 0L);
        if (factor == 0) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Math.multiplyExact(Long.parseLong(matcher.group(1)), factor));
        } catch (ArithmeticException e) {
            return OptionalLong.empty();
        }
    }

    private static long within(Variable variable, String value, OptionalLong parsed, long least, long most) {
        if (parsed.isEmpty() || parsed.getAsLong() < least || parsed.getAsLong() > most) {
            throw refuse(variable, value);
        }
        return parsed.getAsLong();
    }

    String name(Variable variable, String otherwise) {
        String value = text(variable).orElse(otherwise);
        if (!NAME.matcher(value).matches() || value.equals(".") || value.equals("..")) {
            throw refuse(variable, value);
        }
        return value;
    }

    Optional<String> host(Variable variable) {
        Optional<String> value = text(variable);
        value.filter(host -> !HOST.matcher(host).matches()).ifPresent(host -> {
            throw refuse(variable, host);
        });
        return value;
    }

    /** {@code HOST:PORT}, {@code [HOST]:PORT} or {@code :PORT}, whose host is empty. */
    Address address(Variable variable, Address otherwise) {
        return text(variable).map(value -> address(variable, value)).orElse(otherwise);
    }

    private static Address address(Variable variable, String value) {
        return parsedAddress(value).orElseThrow(() -> refuse(variable, value));
    }

    /** Empty when the text is no address. */
    static Optional<Address> parsedAddress(String value) {
        int colon = value.lastIndexOf(':');
        if (colon < 0) {
            return Optional.empty();
        }
        String host = value.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (bracketed) {
            host = host.substring(1, host.length() - 1);
        }
        OptionalLong port = parsed(value.substring(colon + 1));
        boolean sound = (bracketed || !host.contains(":"))
                && (host.isEmpty() || HOST.matcher(host).matches())
                && port.isPresent()
                && port.getAsLong() >= 0
                && port.getAsLong() <= 65_535;
        return sound ? Optional.of(new Address(host, Math.toIntExact(port.getAsLong()))) : Optional.empty();
    }

    static ConfigException refuse(Variable variable, String value) {
        return new ConfigException(variable.key() + " is '" + value + "', but must be " + variable.allowed());
    }
}
