// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import java.util.List;
import java.util.Map;

/** How a part of a request is laid out in bytes, as far as is needed to walk over it. Immutable. */
sealed interface Shape {

    /** The fewest bytes that such a part takes; arrays are checked against it before they are walked. */
    int leastBytes();

    /** Numbers, booleans and ids, possibly several in a row. */
    record Fixed(int bytes) implements Shape {
        @Override
        public int leastBytes() {
            return bytes;
        }
    }

    /** A length and so many bytes of UTF-8. The length is two bytes, or a varint one too high when compact. */
    record Text(boolean compact, boolean nullable) implements Shape {
        @Override
        public int leastBytes() {
            return compact ? 1 : 2;
        }
    }

    /** A length and so many bytes, records too. The length is four bytes, or a varint one too high when compact. */
    record Blob(boolean compact, boolean nullable) implements Shape {
        @Override
        public int leastBytes() {
            return compact ? 1 : 4;
        }
    }

    /** A count and so many elements. The count is four bytes, or a varint one too high when compact. */
    record Array(String name, boolean compact, boolean nullable, Shape element, Keying keying) implements Shape {

        /** Whether it lists topics or partitions, of which a request may name more than of anything else. */
        boolean listsTopicsOrPartitions() {
            return name.contains("topic") || name.contains("partition");
        }

        @Override
        public int leastBytes() {
            return compact ? 1 : 4;
        }
    }

    /** Fields one after another. */
    record Structure(List<Shape> fields, int leastBytes) implements Shape {
        Structure(List<Shape> fields) {
            this(
                    List.copyOf(fields),
                    fields.stream().mapToInt(Shape::leastBytes).sum());
        }
    }

    /** One byte, and the part unless that is negative. */
    record Maybe(Shape part) implements Shape {
        @Override
        public int leastBytes() {
            return 1;
        }
    }

    /** Optional fields at the end of a structure, each with its number and its size (KIP-482). */
    record Tags(Map<Integer, Shape> known) implements Shape {
        @Override
        public int leastBytes() {
            return 1;
        }
    }
}
