// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.bounds.ByteBudget;
import io.kafscale.broker.bounds.Share;
import io.kafscale.broker.protocol.SlicedRecords;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.ManualClock;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.junit.jupiter.api.Test;

class FetchMemoryTest {

    private final ManualClock clock = new ManualClock();
    private final ByteBudget budget = new ByteBudget(clock, 1_000);
    private final ByteBudget small = new ByteBudget(clock, 100);
    private final FetchMemory memory = new FetchMemory(budget, small);

    private Share take(long bytes) throws InterruptedException {
        return memory.take(bytes, bytes, Deadline.afterMillis(clock, 0)).orElseThrow();
    }

    private static FetchResponseData answer(ByteBuffer... slices) {
        FetchableTopicResponse topic = new FetchableTopicResponse();
        for (ByteBuffer slice : slices) {
            topic.partitions().add(new PartitionData().setRecords(new SlicedRecords(List.of(slice))));
        }
        return new FetchResponseData().setResponses(List.of(topic));
    }

    private static ByteBuffer recordsOf(FetchResponseData data, int partition) {
        return ((SlicedRecords)
                        data.responses().get(0).partitions().get(partition).records())
                .slices()
                .get(0);
    }

    @Test
    void chargesEachArrayOnceAndWhole() throws Exception {
        ByteBuffer chunk = ByteBuffer.allocate(400);
        Share share = take(150);
        FetchMemory.settle(share, answer(chunk.slice(0, 50), chunk.slice(50, 100)));

        assertThat(budget.used()).isEqualTo(400);
        share.close();
        assertThat(budget.used()).isZero();
    }

    @Test
    void copiesWhatWouldKeepMoreThanThereIs() throws Exception {
        ByteBuffer chunk = ByteBuffer.allocate(2_000);
        chunk.put(70, (byte) 7);
        Share share = take(150);
        FetchResponseData data = answer(chunk.slice(0, 50), chunk.slice(50, 100));
        FetchMemory.settle(share, data);

        assertThat(budget.used()).isEqualTo(150);
        assertThat(recordsOf(data, 1).array()).hasSize(100);
        assertThat(recordsOf(data, 1).get(20)).isEqualTo((byte) 7);
    }

    @Test
    void givesBackWhatWasNotFound() throws Exception {
        Share share = take(900);
        FetchMemory.settle(share, answer(ByteBuffer.allocate(100)));

        assertThat(budget.used()).isEqualTo(100);
    }

    @Test
    void chargesABatchThatIsLargerThanExpected() throws Exception {
        Share share = take(100);
        FetchMemory.settle(share, answer(ByteBuffer.allocate(1_500)));

        assertThat(budget.used()).isEqualTo(1_500);
    }

    @Test
    void keepsAPartForSmallAnswers() throws Exception {
        take(950);
        Share other = take(80);

        assertThat(small.used()).isEqualTo(80);
        other.close();
        assertThat(small.used()).isZero();
    }
}
