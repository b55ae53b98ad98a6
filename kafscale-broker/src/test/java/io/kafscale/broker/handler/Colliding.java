// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;

/** Different keys of one hash, as a client would choose them to make a hash table slow. Stateless. */
final class Colliding {

    private static final int BITS = 16;

    private Colliding() {}

    /** Texts of one length: "Aa" and "BB" have the same hash, and so have all rows of as many of them. */
    static Stream<String> texts(int count) {
        return IntStream.range(0, count).mapToObj(number -> {
            StringBuilder text = new StringBuilder();
            for (int bit = 0; bit < BITS; bit++) {
                text.append((number >> bit & 1) == 0 ? "Aa" : "BB");
            }
            return text.toString();
        });
    }

    /** Ids whose halves cancel each other out. */
    static Stream<Uuid> ids(int count) {
        return IntStream.rangeClosed(1, count).mapToObj(number -> new Uuid(number, number));
    }

    /** Numbers that begin their search at the same place of a table that is not seeded. */
    static List<Integer> numbers(int count) {
        return IntStream.range(0, count).mapToObj(number -> number << BITS).toList();
    }
}
