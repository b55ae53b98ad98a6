// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.chunk.Footers;
import io.kafscale.broker.chunk.LogEnvironment;
import io.kafscale.broker.chunk.StoredChunk;
import io.kafscale.broker.merge.ChunkMoves;
import io.kafscale.broker.merge.MergeLimits;
import io.kafscale.broker.merge.Merging;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Token;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.proto.metadata.Owner;
import io.kafscale.proto.metadata.TopicConfig;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What incarnations leave in the metadata, over many of them. */
final class LeftRecordsTest {

    private final LogRig rig = new LogRig();

    @AfterEach
    void stop() {
        rig.close();
    }

    /** What is tended by one broker. Confined to the test's thread. */
    private final class Tending {
        private final LogEnvironment environment = rig.environment();
        private final LiveChunks live = new LiveChunks(environment, id -> Optional.empty());
        private final LeftRecords left = new LeftRecords(
                environment,
                new Merging(
                        new Footers(environment.objects(), environment.clock(), 1 << 20),
                        MergeLimits.forHeap(1 << 26),
                        live,
                        new NoMoves()));

        private void tend(Token token) throws InterruptedException {
            left.tend(token);
            live.refresh();
            left.tend(token);
        }
    }

    /** Nobody. Immutable. */
    static final class NoMoves implements ChunkMoves {
        @Override
        public void moved(List<StoredChunk> merged) {}

        @Override
        public void relieve(List<PartitionId> partitions) {}
    }

    private void claim(Token token) {
        rig.metadata.commit(Transaction.when()
                .put(
                        rig.keys.janitorOwner(),
                        Owner.newBuilder()
                                .setIncarnation(token.incarnation())
                                .build()
                                .toByteString())
                .build());
    }

    private void makeTopic() {
        rig.metadata.commit(Transaction.when()
                .put(
                        rig.keys.topic("topic"),
                        TopicConfig.newBuilder()
                                .setTopicId(com.google.protobuf.ByteString.copyFrom(java.nio.ByteBuffer.allocate(16)
                                        .putLong(LogRig.TOPIC.getMostSignificantBits())
                                        .putLong(LogRig.TOPIC.getLeastSignificantBits())
                                        .flip()))
                                .build()
                                .toByteString())
                .build());
    }

    private int keys() {
        return rig.metadata.range(rig.keys.root()).all().size();
    }

    /** An incarnation that writes; all of it is trimmed before the next one. */
    private void live() throws InterruptedException {
        PartitionLog log = rig.openOne(0);
        log.deleteRecords(log.highWatermark());
        rig.commit(log, TestBatch.of("a"));
        rig.commit(log, TestBatch.of("b"));
    }

    @Test
    void theMetadataDoesNotGrowWithTheNumberOfIncarnations() throws Exception {
        makeTopic();
        Tending tending = new Tending();
        int most = 0;
        for (int i = 0; i < 100; i++) {
            live();
            Token token = rig.register();
            claim(token);
            tending.tend(token);
            most = Math.max(most, keys());
        }

        // cluster-wide keys, and of the last incarnation a head and two records
        assertThat(most).isLessThanOrEqualTo(9);
        PartitionLog log = rig.openOne(0);
        assertThat(log.highWatermark()).isEqualTo(200);
        assertThat(LogRig.readAll(log, log.logStartOffset(), 1000)).containsExactly("198=a", "199=b");
    }

    @Test
    void whoHasNotTheClaimLeavesWhatOthersHaveLeft() throws Exception {
        makeTopic();
        live();
        live();
        int before = keys();
        Token token = rig.register();
        claim(new Token(9, "another", "", 1, token.lease()));

        new Tending().tend(token);

        assertThat(keys()).isEqualTo(before + 1);
    }
}
