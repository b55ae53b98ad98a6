// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.flush.Outcome;
import io.kafscale.broker.log.AppendResult.Accepted;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import io.kafscale.broker.time.Pending;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the clients of one partition know: what became of every try to append a value, and what readers saw. Confined to
 * one thread.
 */
final class Ledger {

    private final Clock clock;
    private final Map<String, List<Pending<Outcome>>> tries = new LinkedHashMap<>();
    private final Map<Long, String> seen = new HashMap<>();
    private long highWatermark;
    private int sent;

    /** The idempotent producer's next sequence. */
    private int sequence;

    Ledger(Clock clock) {
        this.clock = clock;
    }

    /** One try of a producer without an id; its value is new each time. */
    void send(PartitionLog log, Deadline deadline) throws InterruptedException {
        String value = "plain-" + ++sent;
        await(value, log.append(TestBatch.of(value).batch(), log.settings().timestampType(), deadline), deadline);
    }

    /** One try of an idempotent producer: the same value and sequence until it is acknowledged. */
    void sendIdempotent(PartitionLog log, Deadline deadline) throws InterruptedException {
        String value = "idempotent-" + sequence;
        AppendResult result = log.append(
                TestBatch.of(value).producer(77, 0, sequence).batch(),
                log.settings().timestampType(),
                deadline);
        if (await(value, result, deadline)) {
            sequence++;
        }
    }

    private boolean await(String value, AppendResult result, Deadline deadline) throws InterruptedException {
        Pending<Outcome> outcome = result instanceof Accepted accepted
                ? accepted.outcome()
                : Pending.completed(new Outcome.NotAppended("refused"));
        tries.computeIfAbsent(value, v -> new ArrayList<>()).add(outcome);
        return outcome.await(clock, deadline)
                .filter(Outcome.Committed.class::isInstance)
                .isPresent();
    }

    private static Stream<Outcome> known(List<Pending<Outcome>> outcomes) {
        return outcomes.stream().map(Pending::poll).flatMap(Optional::stream);
    }

    /** Reads everything and compares it with what is known. */
    void check(PartitionLog log) throws InterruptedException {
        assertThat(log.highWatermark()).as("high watermark").isGreaterThanOrEqualTo(highWatermark);
        highWatermark = log.highWatermark();
        List<String> values = read(log);
        assertThat((long) values.size()).as("records up to the high watermark").isGreaterThanOrEqualTo(highWatermark);
        assertThat(values).as("nothing is there twice").doesNotHaveDuplicates();
        tries.forEach((value, outcomes) -> check(values, value, outcomes));
    }

    private List<String> read(PartitionLog log) throws InterruptedException {
        List<String> values = new ArrayList<>();
        for (String entry : LogRig.readAll(log, 0, 300)) {
            long offset = Long.parseLong(entry.substring(0, entry.indexOf('=')));
            String value = entry.substring(entry.indexOf('=') + 1);
            assertThat(offset).as("offsets have no holes").isEqualTo(values.size());
            assertThat(seen.getOrDefault(offset, value)).as("offset %s", offset).isEqualTo(value);
            seen.put(offset, value);
            values.add(value);
        }
        return values;
    }

    private static void check(List<String> values, String value, List<Pending<Outcome>> outcomes) {
        known(outcomes)
                .filter(Outcome.Committed.class::isInstance)
                .map(Outcome.Committed.class::cast)
                .forEach(committed -> assertThat(values.indexOf(value))
                        .as("where %s was acknowledged", value)
                        .isEqualTo((int) committed.baseOffset()));
        boolean refused =
                known(outcomes).filter(Outcome.NotAppended.class::isInstance).count() == outcomes.size();
        if (refused) {
            assertThat(values).as("what was certainly not appended").doesNotContain(value);
        }
    }

    long acknowledged() {
        return tries.values().stream()
                .filter(outcomes -> known(outcomes).anyMatch(Outcome.Committed.class::isInstance))
                .count();
    }
}
