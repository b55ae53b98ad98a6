// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.storage.ObjectInfo;
import java.io.PrintStream;
import java.util.List;
import java.util.stream.Collectors;

/** A report for programs: one JSON object in each line, the summary last. Confined to one thread. */
public final class JsonReport implements Report {

    private static final int FIRST_PRINTABLE = 0x20;

    private final PrintStream out;

    public JsonReport(PrintStream out) {
        this.out = out;
    }

    @Override
    public void note(String text) {
        line("note", "\"text\":" + quoted(text));
    }

    @Override
    public void problem(String kind, String subject, String detail) {
        line(
                "problem",
                "\"kind\":" + quoted(kind) + ",\"subject\":" + quoted(subject) + ",\"detail\":" + quoted(detail));
    }

    @Override
    public void orphan(ObjectInfo object) {
        line("orphan", shown(object));
    }

    @Override
    public void unknownName(ObjectInfo object) {
        line("unknown_name", shown(object));
    }

    private static String shown(ObjectInfo object) {
        return "\"object\":" + quoted(object.key().value()) + ",\"bytes\":" + object.sizeBytes()
                + ",\"last_modified_ms\":" + object.lastModifiedMillis();
    }

    @Override
    public void summary(List<Total> totals, List<String> advice) {
        String numbers = totals.stream()
                .map(total -> quoted(total.name()) + ":" + total.value())
                .collect(Collectors.joining(","));
        String texts = advice.stream().map(JsonReport::quoted).collect(Collectors.joining(","));
        line("summary", "\"totals\":{" + numbers + "},\"advice\":[" + texts + "]");
    }

    private void line(String type, String fields) {
        out.println("{\"type\":\"" + type + "\"," + fields + "}");
    }

    /** As RFC 8259 has it. */
    static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < FIRST_PRINTABLE) {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
