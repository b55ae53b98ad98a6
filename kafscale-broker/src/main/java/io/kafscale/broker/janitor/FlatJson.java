// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A JSON object of numbers and of plain strings, which need no escapes: what a person may want to read in a bucket.
 * Immutable.
 *
 * @param fields in their order; the text of each value, without quotes
 */
record FlatJson(Map<String, String> fields) {

    private static final String NAME = "\"([a-z_]+)\"";
    private static final String VALUE = "(?:\"([^\"\\\\\\p{Cntrl}]*)\"|(-?\\d+))";
    private static final Pattern FIELD = Pattern.compile("\\s*" + NAME + "\\s*:\\s*" + VALUE + "\\s*(,|$)");
    private static final Pattern WHOLE = Pattern.compile("\\s*\\{([^{}]*)}\\s*", Pattern.DOTALL);
    private static final Pattern NUMBER = Pattern.compile("-?\\d{1,19}");

    FlatJson {
        fields = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /** What the bytes say; empty when they are not such an object. */
    static Optional<FlatJson> parse(ByteBuffer bytes) {
        Matcher whole = WHOLE.matcher(StandardCharsets.UTF_8.decode(bytes.duplicate()));
        if (!whole.matches()) {
            return Optional.empty();
        }
        String inside = whole.group(1).strip();
        Map<String, String> fields = new LinkedHashMap<>();
        Matcher field = FIELD.matcher(inside);
        int position = 0;
        while (position < inside.length()) {
            field.region(position, inside.length());
            if (!field.lookingAt()) {
                return Optional.empty();
            }
            fields.put(field.group(1), Optional.ofNullable(field.group(2)).orElseGet(() -> field.group(3)));
            position = field.end();
        }
        return Optional.of(new FlatJson(fields));
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(fields.get(name));
    }

    OptionalLong number(String name) {
        Optional<String> digits =
                text(name).filter(value -> NUMBER.matcher(value).matches());
        try {
            return digits.isPresent() ? OptionalLong.of(Long.parseLong(digits.get())) : OptionalLong.empty();
        } catch (NumberFormatException e) {
            return OptionalLong.empty();
        }
    }

    /** One line for each field; numbers stand without quotes. */
    ByteBuffer toBytes() {
        String lines = fields.entrySet().stream()
                .map(field -> "  \"%s\": %s".formatted(field.getKey(), shown(field.getValue())))
                .collect(Collectors.joining(",\n", "{\n", "\n}\n"));
        return ByteBuffer.wrap(lines.getBytes(StandardCharsets.UTF_8));
    }

    private static String shown(String value) {
        return NUMBER.matcher(value).matches() ? value : "\"" + value + "\"";
    }
}
