// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.storage.S3Permits.Use;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who may call S3 while others do. */
final class S3PermitsTest {

    private final ManualClock clock = new ManualClock();

    private List<S3Permits.Permit> takeAll(S3Permits permits, Use use) throws InterruptedException {
        List<S3Permits.Permit> taken = new ArrayList<>();
        while (true) {
            var permit = permits.acquire(use, Deadline.afterMillis(clock, 0));
            if (permit.isEmpty()) {
                return taken;
            }
            taken.add(permit.get());
        }
    }

    @Test
    void whateverElseIsCalledPutsHaveEight() throws Exception {
        S3Permits permits = new S3Permits(clock, 64);

        assertThat(takeAll(permits, Use.OTHER)).hasSize(56);
        assertThat(takeAll(permits, Use.URGENT)).hasSize(8);
    }

    @Test
    void putsMayHaveAllAndOthersWaitUntilEnoughAreBack() throws Exception {
        S3Permits permits = new S3Permits(clock, 8);
        List<S3Permits.Permit> puts = takeAll(permits, Use.URGENT);
        assertThat(puts).hasSize(8);

        puts.get(0).close();
        puts.get(1).close();
        assertThat(takeAll(permits, Use.OTHER)).isEmpty();
        puts.get(2).close();
        assertThat(takeAll(permits, Use.OTHER)).hasSize(1);
    }
}
