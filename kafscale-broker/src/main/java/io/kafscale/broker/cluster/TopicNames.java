// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import java.util.Optional;

/** Kafka's rule for the names of topics. Stateless. */
final class TopicNames {

    private static final int MAX_LENGTH = 249;

    private TopicNames() {}

    /** What is wrong with a name; empty when nothing is. */
    static Optional<String> problem(String name) {
        if (name.isEmpty()) {
            return Optional.of("Topic name is invalid: the empty string is not allowed");
        }
        if (name.equals(".") || name.equals("..")) {
            return Optional.of("Topic name is invalid: '" + name + "' is not allowed");
        }
        if (name.length() > MAX_LENGTH) {
            return Optional.of("Topic name is invalid: the length of " + name.length() + " is longer than " + MAX_LENGTH
                    + " characters");
        }
        if (!name.chars().allMatch(TopicNames::isLegal)) {
            return Optional.of("Topic name is invalid: it contains one or more characters other than"
                    + " ASCII alphanumerics, '.', '_' and '-'");
        }
        return Optional.empty();
    }

    private static boolean isLegal(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '.'
                || c == '_'
                || c == '-';
    }

    /** Names with the same collision key cannot live in one cluster, since metrics show '.' as '_'. */
    static String collisionKey(String name) {
        return name.replace('.', '_');
    }
}
