// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.history;

/**
 * What tells a record from all others of a test.
 *
 * @param producer which of the test's producers sent it
 * @param partition where it was sent
 * @param sequence how many this producer had sent to this partition before
 */
public record RecordId(int producer, int partition, long sequence) {
    public RecordId {
        if (producer < 0 || partition < 0 || sequence < 0) {
            throw new IllegalArgumentException("Negative: " + producer + ", " + partition + ", " + sequence);
        }
    }

    /** Spreads neighbours, of which a test has hundreds of thousands. */
    @Override
    public int hashCode() {
        return Long.hashCode((sequence * 1_021 + partition * 31L + producer) * 0x9E3779B97F4A7C15L);
    }
}
