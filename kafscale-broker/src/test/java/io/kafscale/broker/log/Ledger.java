// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.log.AppendResult.Accepted;
import io.kafscale.broker.log.AppendResult.Outcome;
import io.kafscale.broker.log.AppendResult.Refused;
import io.kafscale.broker.record.TestBatch;
import io.kafscale.broker.time.Clock;
import io.kafscale.broker.time.Deadline;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.Assertions;

/**
 * What the clients of one partition know: values that were acknowledged and where, values that are certainly not there,
 * and what readers saw. Confined to one thread.
 */
final class Ledger {

    private final Clock clock;
    private final Map<Long, String> acknowledged = new HashMap<>();
    private final Map<Long, String> seen = new HashMap<>();
    private final Set<String> unknown = new HashSet<>();
    private final Set<String> refused = new HashSet<>();
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
        note(value, log.append(TestBatch.of(value).batch(), deadline), deadline);
    }

    /** One try of an idempotent producer: the same value and sequence until it is acknowledged. */
    void sendIdempotent(PartitionLog log, Deadline deadline) throws InterruptedException {
        String value = "idempotent-" + sequence;
        AppendResult result =
                log.append(TestBatch.of(value).producer(77, 0, sequence).batch(), deadline);
        if (note(value, result, deadline)) {
            sequence++;
        }
    }

    private boolean note(String value, AppendResult result, Deadline deadline) throws InterruptedException {
        if (result instanceof Refused) {
            note(value, refused);
            return false;
        }
        Outcome outcome = ((Accepted) result)
                .outcome()
                .await(clock, deadline)
                .orElseGet(() -> new Outcome.Unknown("its time is up"));
        return switch (outcome) {
            case Outcome.Committed committed -> {
                assertThat(acknowledged.putIfAbsent(committed.baseOffset(), value))
                        .as("what was acknowledged at offset %s", committed.baseOffset())
                        .isIn(null, value);
                refused.remove(value);
                unknown.remove(value);
                yield true;
            }
            case Outcome.NotAppended never -> {
                note(value, refused);
                yield false;
            }
            case Outcome.Unknown open -> {
                refused.remove(value);
                unknown.add(value);
                yield false;
            }
        };
    }

    private void note(String value, Set<String> as) {
        if (!unknown.contains(value)) {
            as.add(value);
        }
    }

    /** Reads everything and compares it with what is known. */
    void check(PartitionLog log) throws InterruptedException {
        assertThat(log.highWatermark()).as("high watermark").isGreaterThanOrEqualTo(highWatermark);
        highWatermark = log.highWatermark();
        List<String> values = new ArrayList<>();
        long next = 0;
        for (String entry : LogRig.readAll(log, 0, 300)) {
            long offset = Long.parseLong(entry.substring(0, entry.indexOf('=')));
            String value = entry.substring(entry.indexOf('=') + 1);
            assertThat(offset).as("offsets have no holes").isEqualTo(next++);
            assertThat(seen.getOrDefault(offset, value)).as("offset %s", offset).isEqualTo(value);
            seen.put(offset, value);
            values.add(value);
        }
        assertThat(next).as("records up to the high watermark").isGreaterThanOrEqualTo(highWatermark);
        assertThat(values).as("nothing is there twice").doesNotHaveDuplicates();
        assertThat(values).as("what was certainly not appended").doesNotContainAnyElementsOf(orNothing(refused));
        acknowledged.forEach((offset, value) -> {
            Assertions.assertThat(offset).isLessThan(values.size());
            Assertions.assertThat(values.get(offset.intValue()))
                    .as("acknowledged at offset %s", offset)
                    .isEqualTo(value);
        });
    }

    private static Set<String> orNothing(Set<String> values) {
        return values.isEmpty() ? Set.of("nothing") : values;
    }

    int acknowledged() {
        return acknowledged.size();
    }
}
