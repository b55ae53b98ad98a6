// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import java.util.Comparator;

/** The order of keys: that of their UTF-8 bytes, which is the order of code points. Stateless. */
enum KeyOrder implements Comparator<String> {
    BYTES;

    @Override
    public int compare(String left, String right) {
        int common = Math.min(left.length(), right.length());
        for (int i = 0; i < common; i++) {
            char a = left.charAt(i);
            char b = right.charAt(i);
            if (a != b) {
                return compareDiffering(a, b);
            }
        }
        return Integer.compare(left.length(), right.length());
    }

    /** Surrogates stand for the highest code points, though UTF-16 has higher units. */
    private static int compareDiffering(char a, char b) {
        if (Character.isSurrogate(a) == Character.isSurrogate(b)) {
            return Character.compare(a, b);
        }
        return Character.isSurrogate(a) ? 1 : -1;
    }
}
