// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.metadata.FaultyMetadataStore;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.storage.FaultyObjectStore;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.StorageException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** All lasting metadata becomes one object. */
final class MetadataBackupTest {

    private final FsckRig rig = new FsckRig();

    @AfterEach
    void close() {
        rig.close();
    }

    private Dump newest() throws InterruptedException {
        return Backups.of(rig.environment()).readable(FsckRig.UUID).getLast().dump();
    }

    @Test
    void holdsEverythingThatLastsAndNothingElse() throws Exception {
        rig.open(rig.start(), 0);
        rig.put(rig.rig.keys.group(3, "a group"), ByteString.copyFromUtf8("value"));

        ObjectKey written = new MetadataBackup(rig.environment()).write();

        Dump dump = newest();
        assertThat(written.value()).matches("default/test/metadata/\\d{20}\\.pb");
        assertThat(dump.under(rig.rig.keys)).hasSize(rig.snapshot().size());
        dump.under(rig.rig.keys).forEach(entry -> assertThat(rig.snapshot()).containsEntry(entry.key(), entry.value()));
        assertThat(dump.entries().keySet()).noneMatch(key -> key.startsWith("brokers/"));
        assertThat(dump.counter()).isEqualTo(2);
        assertThat(dump.revision()).isEqualTo(rig.metadata.range("/").revision());
    }

    @Test
    void keepsTheLastFew() throws Exception {
        MetadataBackup backup = new MetadataBackup(rig.environment());
        List<ObjectKey> written = new java.util.ArrayList<>();
        for (int i = 0; i < 8; i++) {
            written.add(backup.write());
        }

        assertThat(Backups.of(rig.environment()).list().stream().map(ObjectInfo::key))
                .containsExactlyElementsOf(written.subList(3, 8));
        assertThat(rig.check().unknown).isEmpty();
    }

    @Test
    void refusesToBackUpNothing() {
        rig.setBack(java.util.Map.of());

        assertThatThrownBy(() -> new MetadataBackup(rig.environment()).write())
                .isInstanceOf(MetadataException.class)
                .hasMessageContaining("there is no cluster test");
    }

    @Test
    void aDamagedBackupIsNone() throws Exception {
        MetadataBackup backup = new MetadataBackup(rig.environment());
        ObjectKey good = backup.write();
        ObjectKey bad = backup.write();
        rig.flip(bad, 20);

        assertThat(Backups.of(rig.environment()).readable(FsckRig.UUID))
                .extracting(stored -> stored.object().key())
                .containsExactly(good);
        assertThat(Backups.of(rig.environment()).readable("other")).isEmpty();
    }

    @Test
    void whicheverCallFailsThereIsABackupLater() throws Exception {
        for (long n = 1; n <= 6; n++) {
            FaultPlan plan = FaultPlan.none().failing(n, new Fault.FailAfter());
            MetadataBackup failing = new MetadataBackup(rig.environment(
                    new FaultyMetadataStore(rig.metadata, plan, rig.rig.clock),
                    new FaultyObjectStore(rig.objects, plan, rig.rig.clock)));
            try {
                failing.write();
            } catch (MetadataException | StorageException e) {
                assertThat(plan.happened()).hasSize(1);
            }
            new MetadataBackup(rig.environment()).write();
            assertThat(newest().revision()).isEqualTo(rig.metadata.range("/").revision());
        }
    }
}
