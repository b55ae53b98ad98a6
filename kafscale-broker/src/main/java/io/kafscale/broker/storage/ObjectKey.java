// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import java.util.stream.Stream;

/**
 * The name of one object: parts of {@code [A-Za-z0-9._-]} joined by {@code /}, no part empty, {@code .} or {@code ..}, at
 * most 1,024 characters in all (the limit of S3), so that it is a safe relative file name too. Immutable.
 */
public record ObjectKey(String value) implements Comparable<ObjectKey> {

    private static final int MAX_LENGTH = 1024;

    public ObjectKey {
        if (value.isEmpty() || value.length() > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "object key of " + value.length() + " characters: 1 to 1024 are allowed");
        }
        for (String part : value.split("/", -1)) {
            if (!isPart(part)) {
                throw new IllegalArgumentException("object key '" + value + "': part '" + part + "' is not allowed");
            }
        }
    }

    /** Whether the text can be a key. */
    static boolean isAllowed(String value) {
        return !value.isEmpty()
                && value.length() <= MAX_LENGTH
                && Stream.of(value.split("/", -1)).allMatch(ObjectKey::isPart);
    }

    /** Whether a key may begin with the text. */
    static boolean mayBegin(String text) {
        int folder = text.lastIndexOf('/');
        return longestBeginning(text).length() == text.length() && (folder < 0 || isAllowed(text.substring(0, folder)));
    }

    /** What of the text, from its beginning, a key may begin with, as far as its characters tell. */
    static String longestBeginning(String text) {
        int length = 0;
        while (length < text.length()
                && length < MAX_LENGTH
                && (text.charAt(length) == '/' || isAllowed(text.charAt(length)))) {
            length++;
        }
        return text.substring(0, length);
    }

    private static boolean isPart(String part) {
        return !part.isEmpty()
                && !part.equals(".")
                && !part.equals("..")
                && part.chars().allMatch(ObjectKey::isAllowed);
    }

    private static boolean isAllowed(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '.'
                || c == '_'
                || c == '-';
    }

    /** Order of the UTF-8 bytes, as S3 lists. */
    @Override
    public int compareTo(ObjectKey other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
