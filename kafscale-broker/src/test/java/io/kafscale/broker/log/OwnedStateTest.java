// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kafscale.broker.log.OwnedState.OwnershipLostException;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.metadata.TransactionRunner;
import io.kafscale.proto.metadata.PartitionState;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class OwnedStateTest {

    private final LogRig rig = new LogRig();
    private final HookedMetadata store = new HookedMetadata(rig.metadata);
    private final Token token = rig.register();
    private final OwnedState state = new OwnedState(
            store,
            rig.keys,
            new TransactionRunner(store, rig.clock, new Random(1)),
            token,
            rig.acquire(0, 3, LogSettings.DEFAULTS));

    @AfterEach
    void close() {
        rig.close();
    }

    private static UnaryOperator<PartitionState> logStart(long offset) {
        return before -> before.toBuilder().setLogStart(offset).build();
    }

    private static TransactionResult lost() {
        return new TransactionResult.Unknown(new MetadataException(MetadataException.Kind.UNAVAILABLE, "lost"));
    }

    @Test
    void changesFollowEachOther() throws Exception {
        assertThat(state.change(logStart(5)).getLogStart()).isEqualTo(5);
        assertThat(state.change(logStart(9)).getLogStart()).isEqualTo(9);

        assertThat(rig.state(0)).isEqualTo(state.current());
        assertThat(rig.state(0).getLeaderEpoch()).isEqualTo(3);
    }

    @Test
    void whatChangesNothingWritesNothing() throws Exception {
        store.onCommit((transaction, real) -> {
            throw new AssertionError("written");
        });

        assertThat(state.change(before -> before)).isEqualTo(state.current());
    }

    @Test
    void aLostAnswerIsLookedUp() throws Exception {
        store.onCommit((transaction, real) -> {
            assertThat(real.get()).isInstanceOf(TransactionResult.Applied.class);
            return lost();
        });

        assertThat(state.change(logStart(5)).getLogStart()).isEqualTo(5);
        assertThat(rig.state(0).getLogStart()).isEqualTo(5);
    }

    @Test
    void aChangeWhoseEndWasNeverKnownIsFoundByTheNext() throws Exception {
        store.onCommit((transaction, real) -> {
            assertThat(real.get()).isInstanceOf(TransactionResult.Applied.class);
            return lost();
        });
        store.onGet(real -> {
            throw new MetadataException(MetadataException.Kind.UNAVAILABLE, "silent");
        });
        assertThatThrownBy(() -> state.change(logStart(5))).isInstanceOf(MetadataException.class);
        store.onCommit((transaction, real) -> real.get());
        store.onGet(Supplier::get);

        PartitionState after = state.change(before ->
                before.toBuilder().setSealedThrough(before.getLogStart() + 1).build());

        assertThat(after.getLogStart()).isEqualTo(5);
        assertThat(after.getSealedThrough()).isEqualTo(6);
    }

    @Test
    void aChangeWhoseEndWasNeverKnownIsFoundEvenByOneThatChangesNothing() throws Exception {
        store.onCommit((transaction, real) -> {
            assertThat(real.get()).isInstanceOf(TransactionResult.Applied.class);
            return lost();
        });
        store.onGet(real -> {
            throw new MetadataException(MetadataException.Kind.UNAVAILABLE, "silent");
        });
        assertThatThrownBy(() -> state.change(logStart(5))).isInstanceOf(MetadataException.class);
        store.onGet(Supplier::get);

        assertThat(state.change(before -> before).getLogStart()).isEqualTo(5);
    }

    @Test
    void aCopyThatComesLateAppliesNoMore() throws Exception {
        AtomicInteger commits = new AtomicInteger();
        Transaction[] late = new Transaction[1];
        store.onCommit((transaction, real) -> {
            if (commits.getAndIncrement() == 0) {
                late[0] = transaction;
                return lost();
            }
            return real.get();
        });
        state.change(logStart(5));
        state.change(logStart(9));

        assertThat(rig.metadata.commit(late[0])).isInstanceOf(TransactionResult.Refused.class);
        assertThat(rig.state(0).getLogStart()).isEqualTo(9);
    }

    @Test
    void withoutTheRegistrationNothingIsWritten() {
        rig.register();

        assertThatThrownBy(() -> state.change(logStart(5))).isInstanceOf(OwnershipLostException.class);
        assertThat(rig.state(0).getLogStart()).isZero();
    }

    @Test
    void withoutTheOwnerKeyNothingIsWritten() {
        rig.metadata.commit(Transaction.when()
                .delete(rig.keys.partitionOwner(LogRig.partition(0)))
                .build());

        assertThatThrownBy(() -> state.change(logStart(5))).isInstanceOf(OwnershipLostException.class);
    }

    @Test
    void aLaterOwnershipOfTheSameBrokerIsAnother() {
        rig.acquire(0, 4, LogSettings.DEFAULTS);

        assertThatThrownBy(() -> state.change(logStart(5))).isInstanceOf(OwnershipLostException.class);
        assertThat(rig.state(0).getLogStart()).isZero();
    }

    @Test
    void aStateThatCannotBeReadIsNotOverwritten() {
        rig.metadata.commit(Transaction.when()
                .put(rig.keys.partitionState(LogRig.partition(0)), ByteString.copyFromUtf8("\u0007nonsense"))
                .build());

        assertThatThrownBy(() -> state.change(logStart(5)))
                .isInstanceOfSatisfying(
                        MetadataException.class, e -> assertThat(e.kind()).isEqualTo(MetadataException.Kind.CORRUPT));
    }
}
