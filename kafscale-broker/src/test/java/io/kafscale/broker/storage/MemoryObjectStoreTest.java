// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.time.ManualClock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class MemoryObjectStoreTest extends ObjectStoreContract {

    private final ManualClock clock = new ManualClock();

    @Override
    protected ObjectStore open() {
        return new MemoryObjectStore(clock);
    }

    @Test
    void stampsObjectsWithItsClock() {
        store.put(new ObjectKey("first"), List.of());
        long first = clock.wallMillis();
        clock.advance(Duration.ofSeconds(5));
        store.put(new ObjectKey("second"), List.of());

        assertThat(store.list("", "", 10))
                .extracting(ObjectInfo::lastModifiedMillis)
                .containsExactly(first, first + 5000);
    }
}
