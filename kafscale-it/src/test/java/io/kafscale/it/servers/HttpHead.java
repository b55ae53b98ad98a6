// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.servers;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What stands before the body of a request or an answer of HTTP/1.1. Immutable. */
record HttpHead(String first, List<String> fields) {
    private static final int LONGEST_LINE = 64 * 1024;

    HttpHead {
        fields = List.copyOf(fields);
    }

    /** The next head, if there is one. */
    static Optional<HttpHead> read(InputStream in) throws IOException {
        String first = line(in);
        if (first.isEmpty()) {
            return Optional.empty();
        }
        List<String> fields = new ArrayList<>();
        for (String field = line(in); !field.isEmpty(); field = line(in)) {
            fields.add(field);
        }
        return Optional.of(new HttpHead(first, fields));
    }

    /** A line without its end; empty, too, when the stream has ended. */
    static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
            if (line.length() == LONGEST_LINE) {
                throw new IOException("A line without an end");
            }
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }

    String method() {
        return first.substring(0, first.indexOf(' '));
    }

    /** The path with its query, as it was sent. */
    String target() {
        return first.split(" ", 3)[1];
    }

    int status() {
        return Integer.parseInt(first.split(" ", 3)[1]);
    }

    Optional<String> field(String name) {
        String start = name.toLowerCase(Locale.ROOT) + ":";
        return fields.stream()
                .filter(field -> field.toLowerCase(Locale.ROOT).startsWith(start))
                .map(field -> field.substring(start.length()).strip())
                .findFirst();
    }

    long contentLength() {
        return field("content-length").map(Long::parseLong).orElse(0L);
    }

    boolean isChunked() {
        return field("transfer-encoding")
                .filter(encoding -> encoding.equalsIgnoreCase("chunked"))
                .isPresent();
    }

    /** Asks to be told first that the body is wanted. */
    boolean waitsForContinue() {
        return field("expect").isPresent();
    }

    byte[] bytes() {
        String text = first + "\r\n" + String.join("\r\n", fields) + (fields.isEmpty() ? "" : "\r\n") + "\r\n";
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
