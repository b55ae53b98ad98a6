// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import java.util.Arrays;

/**
 * Estimates the work of the generated parser's hash table for given keys, from above.
 *
 * <p>The table probes linearly. It is made with 2n + 1 slots for n elements, at most 2001, and when half of them are taken
 * it grows to twice as many and one; growing takes each element out and puts every later one of its run of full slots back
 * in. So a run of length l whose elements stand d slots away from their own in total costs about l (l + d) steps: for keys
 * that fall into one slot, be they equal or just chosen badly, the cube of their number. Stateless.
 */
final class CollisionCost {

    private static final int LARGEST_FIRST_SIZE = 1000;
    private static final int FEWEST_SLOTS = 5;

    private CollisionCost() {}

    /** Steps for the hashes in the order in which their elements arrive. */
    static long of(int[] hashes) {
        int slots = Math.max(FEWEST_SLOTS, 2 * Math.min(hashes.length, LARGEST_FIRST_SIZE) + 1);
        long cost = 0;
        while (hashes.length >= slots / 2) {
            cost += runs(hashes, slots / 2 - 1, slots, true);
            slots = 2 * slots + 1;
        }
        return cost + runs(hashes, hashes.length, slots, false);
    }

    private static long runs(int[] hashes, int count, int slots, boolean takenApart) {
        int[] home = new int[count];
        for (int i = 0; i < count; i++) {
            home[i] = (hashes[i] & Integer.MAX_VALUE) % slots;
        }
        Arrays.sort(home);
        long cost = 0;
        long away = 0;
        long length = 0;
        long free = 0;
        for (int slot : home) {
            if (slot > free || length == 0) {
                cost += runCost(length, away, takenApart);
                length = 0;
                away = 0;
                free = slot;
            }
            away += free - slot;
            free++;
            length++;
        }
        return cost + runCost(length, away, takenApart);
    }

    private static long runCost(long length, long away, boolean takenApart) {
        return takenApart ? length * (length + away) : length + away;
    }
}
