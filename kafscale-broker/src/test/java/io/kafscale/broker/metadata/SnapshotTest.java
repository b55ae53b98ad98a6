// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SnapshotTest {

    private static KeyValue entry(int number) {
        return new KeyValue(String.format("%03d", number), ByteString.EMPTY, 1, 1, Lease.NONE);
    }

    @Test
    void findsEveryKeyAndNoOther() {
        for (int size = 0; size < 40; size++) {
            Snapshot snapshot = new Snapshot(
                    1, IntStream.range(0, size).mapToObj(i -> entry(2 * i + 1)).toList());
            for (int number = 0; number <= 2 * size + 1; number++) {
                boolean isThere = number % 2 == 1 && number < 2 * size;
                assertThat(snapshot.find(entry(number).key()).isPresent())
                        .as("%d of %d", number, size)
                        .isEqualTo(isThere);
            }
        }
    }

    @Test
    void refusesKeysOutOfOrder() {
        assertThatThrownBy(() -> new Snapshot(1, List.of(entry(2), entry(1))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Snapshot(1, List.of(entry(1), entry(1))))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
