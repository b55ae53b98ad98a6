// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.kafscale.broker.log.HookedObjects;
import io.kafscale.broker.log.PartitionLog;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.storage.ObjectKey;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a restore cannot read, or not at once, is not taken for what never was. */
final class RestoreLossTest {

    private final FsckRig rig = new FsckRig();

    @AfterEach
    void close() {
        rig.close();
    }

    /** Five records, each in an object of its own; then the metadata is lost. */
    private void loseAfterFive() throws Exception {
        PartitionLog log = rig.open(rig.start(), 0);
        for (int i = 0; i < 5; i++) {
            rig.commit(log, TestBatch.of("v" + i));
        }
        rig.stop();
        rig.setBack(Map.of());
    }

    private ObjectKey shared(int place) {
        return rig.sharedObjects().get(place).key();
    }

    private Restore restore(HookedObjects hooked, TestReport report) {
        return new Restore(rig.environment(rig.metadata, hooked), report);
    }

    @Test
    void doesNotTakeAnObjectForAbsentWhoseReaderDied() throws Exception {
        loseAfterFive();
        ObjectKey last = shared(4);
        HookedObjects hooked = new HookedObjects(rig.objects);
        hooked.onRead((key, real) -> {
            if (key.equals(last)) {
                throw new OutOfMemoryError("for this test");
            }
            return real.get();
        });

        assertThatThrownBy(() -> restore(hooked, new TestReport()).run(false)).hasMessageContaining("a task has died");
        assertThat(rig.snapshot()).isEmpty();
    }
}
