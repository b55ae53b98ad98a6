// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.flush;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.kafscale.broker.chunk.SharedFooter;
import io.kafscale.broker.chunk.SharedImage;
import io.kafscale.broker.flush.CommitChain.Decision;
import io.kafscale.broker.log.HookedMetadata;
import io.kafscale.broker.log.LogRig;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataException.Kind;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.time.Deadline;
import io.kafscale.proto.metadata.Head;
import io.kafscale.proto.metadata.SharedObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class CommitChainTest {

    private static MetadataException lostAnswer() {
        return new MetadataException(Kind.UNAVAILABLE, "expected by the test");
    }

    private final LogRig rig = new LogRig();
    private final HookedMetadata metadata = new HookedMetadata(rig.metadata);
    private final StoreHealth health = new StoreHealth("metadata");
    private final Token token = rig.register();
    private CommitChain chain;

    /** What the next transactions meet; the real store when there is nothing left. */
    private final Deque<HookedMetadata.CommitHook> script = new ArrayDeque<>();

    private final AtomicBoolean ended = new AtomicBoolean();
    private int attempts;

    @BeforeEach
    void start() {
        rig.around(real -> real, real -> metadata);
        chain = new CommitChain(rig.environment(), token, health, ended::get);
        metadata.onCommit((transaction, real) -> {
            attempts++;
            return script.isEmpty() ? real.get() : script.removeFirst().commit(transaction, real);
        });
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    private static TransactionResult unknownButDone(Transaction transaction, Supplier<TransactionResult> real) {
        assertThat(real.get()).isInstanceOf(TransactionResult.Applied.class);
        return new TransactionResult.Unknown(lostAnswer());
    }

    private static TransactionResult unknownAndNotDone(Transaction transaction, Supplier<TransactionResult> real) {
        return new TransactionResult.Unknown(lostAnswer());
    }

    private static TransactionResult failed(Transaction transaction, Supplier<TransactionResult> real) {
        throw lostAnswer();
    }

    private static StoredFlush flush(long sequence) {
        SharedFooter footer = SharedImage.of(List.of()).footer();
        return StoredFlush.of(new Flush(sequence, List.of(), 0, 0), new ObjectKey("o" + sequence), footer, List.of());
    }

    private Decision commit(long... sequences) throws InterruptedException {
        return commit(rig.soon(), sequences);
    }

    private Decision commit(Deadline patience, long... sequences) throws InterruptedException {
        List<StoredFlush> flushes = new ArrayList<>();
        for (long sequence : sequences) {
            flushes.add(flush(sequence));
        }
        return chain.commit(flushes, patience);
    }

    private List<String> records() {
        return rig.metadata.range(rig.keys.commits()).all().stream()
                .map(entry -> entry.key().substring(entry.key().length() - 2))
                .toList();
    }

    private long head() throws Exception {
        KeyValue head = rig.metadata
                .get(List.of(rig.keys.head(token.incarnation())))
                .find(rig.keys.head(token.incarnation()))
                .orElseThrow();
        return Head.parseFrom(head.value()).getSequence();
    }

    @Test
    void aRecordForEachFlushAndTheHeadAreWrittenTogether() throws Exception {
        assertThat(commit(1, 2, 3)).isEqualTo(Decision.COMMITTED);
        assertThat(commit(4)).isEqualTo(Decision.COMMITTED);

        assertThat(records()).containsExactly("01", "02", "03", "04");
        assertThat(head()).isEqualTo(4);
        SharedObject record = SharedObject.parseFrom(
                rig.metadata.range(rig.keys.commits()).all().iterator().next().value());
        assertThat(record.getKey()).isEqualTo("o1");
        assertThat(record.getFooterPosition()).isZero();
        assertThat(record.getFooterLength()).isEqualTo(16);
        assertThat(record.getSize()).isEqualTo(32);
        assertThat(record.getLastSequence()).isEqualTo(1);
    }

    @Test
    void aLostAnswerIsLookedUp() throws Exception {
        script.add(CommitChainTest::unknownButDone);

        assertThat(commit(1, 2)).isEqualTo(Decision.COMMITTED);
        assertThat(attempts).isEqualTo(1);
        assertThat(commit(3)).isEqualTo(Decision.COMMITTED);
        assertThat(head()).isEqualTo(3);
    }

    @Test
    void aLostTransactionIsSentAgain() throws Exception {
        script.add(CommitChainTest::unknownAndNotDone);
        script.add(CommitChainTest::failed);

        assertThat(commit(1)).isEqualTo(Decision.COMMITTED);
        assertThat(attempts).isEqualTo(3);
        assertThat(records()).containsExactly("01");
    }

    @Test
    void aTransactionThatComesLateAppliesNoSecondTime() throws Exception {
        Deque<Supplier<TransactionResult>> late = new ArrayDeque<>();
        script.add((transaction, real) -> {
            late.add(real);
            return new TransactionResult.Unknown(lostAnswer());
        });

        assertThat(commit(1)).isEqualTo(Decision.COMMITTED);
        assertThat(late.removeFirst().get()).isInstanceOf(TransactionResult.Refused.class);
        assertThat(commit(2)).isEqualTo(Decision.COMMITTED);
    }

    @Test
    void aTransactionThatComesBetweenLookAndRetryCounts() throws Exception {
        Deque<Supplier<TransactionResult>> late = new ArrayDeque<>();
        script.add((transaction, real) -> {
            late.add(real);
            return new TransactionResult.Unknown(lostAnswer());
        });
        script.add((transaction, real) -> {
            assertThat(late.removeFirst().get()).isInstanceOf(TransactionResult.Applied.class);
            return real.get();
        });

        assertThat(commit(1)).isEqualTo(Decision.COMMITTED);
        assertThat(head()).isEqualTo(1);
        assertThat(commit(2)).isEqualTo(Decision.COMMITTED);
    }

    @Test
    void withoutTheRegistrationNothingIsCommitted() throws Exception {
        commit(1);
        rig.register();

        assertThat(commit(2)).isEqualTo(Decision.LOST);
        assertThat(records()).containsExactly("01");
    }

    @Test
    void whatWasCommittedBeforeTheRegistrationWentIsCommitted() throws Exception {
        script.add((transaction, real) -> {
            TransactionResult result = unknownButDone(transaction, real);
            rig.register();
            return result;
        });

        assertThat(commit(1)).isEqualTo(Decision.COMMITTED);
        assertThat(commit(2)).isEqualTo(Decision.LOST);
    }

    @Test
    void aHeadThatSomebodyElseMovedCannotBeExplained() throws Exception {
        commit(1);
        rig.metadata.commit(Transaction.when()
                .put(
                        rig.keys.head(token.incarnation()),
                        Head.newBuilder().setSequence(7).build().toByteString())
                .build());

        assertThat(commit(2)).isEqualTo(Decision.UNDECIDED);
    }

    @Test
    void aHeadThatCannotBeReadCannotBeExplained() throws Exception {
        rig.metadata.commit(Transaction.when()
                .put(rig.keys.head(token.incarnation()), ByteString.copyFrom(new byte[] {-1}))
                .build());

        assertThat(commit(1)).isEqualTo(Decision.UNDECIDED);
    }

    @Test
    void aHeadThatIsGoneTogetherWithTheRegistrationCannotBeExplained() throws Exception {
        commit(1);
        rig.metadata.commit(
                Transaction.when().delete(rig.keys.head(token.incarnation())).build());
        rig.register();

        assertThat(commit(2)).isEqualTo(Decision.UNDECIDED);
    }

    @Test
    void withoutAHeadALostAnswerCannotBeExplainedAnyMore() throws Exception {
        script.add((transaction, real) -> {
            TransactionResult result = unknownButDone(transaction, real);
            rig.register();
            rig.metadata.commit(Transaction.when()
                    .delete(rig.keys.head(token.incarnation()))
                    .deletePrefix(rig.keys.commits(token.incarnation()))
                    .build());
            return result;
        });

        assertThat(commit(1)).isEqualTo(Decision.UNDECIDED);
    }

    @Test
    void theFirstCommitIsLostForCertainWhenItIsRefused() throws Exception {
        rig.register();

        assertThat(commit(1)).isEqualTo(Decision.LOST);
    }

    @Test
    void answersThatStayAwayEndThePatience() throws Exception {
        metadata.onCommit(CommitChainTest::unknownAndNotDone);

        assertThat(commit(Deadline.afterMillis(rig.clock, 1), 1)).isEqualTo(Decision.UNDECIDED);
    }

    @Test
    void aStoreThatSaysNoIsWaitedForBeyondThePatience() throws Exception {
        script.add(CommitChainTest::failed);
        script.add(CommitChainTest::failed);
        script.add(CommitChainTest::failed);

        assertThat(commit(Deadline.afterMillis(rig.clock, 0), 1)).isEqualTo(Decision.COMMITTED);
        assertThat(attempts).isEqualTo(4);
    }

    @Test
    void aStoreThatCannotBeReadIsAskedUntilItAnswers() throws Exception {
        script.add(CommitChainTest::unknownButDone);
        Deque<Integer> failures = new ArrayDeque<>(List.of(1, 2, 3));
        metadata.onGet(real -> {
            if (failures.poll() != null) {
                throw lostAnswer();
            }
            return real.get();
        });

        assertThat(commit(1)).isEqualTo(Decision.COMMITTED);
        assertThat(failures).isEmpty();
        assertThat(health.trouble()).isEmpty();
    }

    @Test
    void aFlushOutOfItsTurnIsABug() {
        assertThatThrownBy(() -> commit(2)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void nothingIsTriedAgainWhenTheIncarnationHasEnded() throws Exception {
        script.add((transaction, real) -> {
            ended.set(true);
            return new TransactionResult.Unknown(lostAnswer());
        });

        assertThat(commit(1)).isEqualTo(Decision.UNDECIDED);
        assertThat(attempts).isEqualTo(1);
        assertThat(records()).isEmpty();
    }

    @Test
    void nobodyLooksForEverOnceTheIncarnationHasEnded() throws Exception {
        script.add(CommitChainTest::unknownButDone);
        metadata.onGet(real -> {
            ended.set(true);
            throw lostAnswer();
        });

        assertThat(commit(1)).isEqualTo(Decision.UNDECIDED);
    }
}
