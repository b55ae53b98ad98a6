// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.apache.kafka.common.protocol.Errors;

/**
 * Whatever clients, time and the store do in whatever order: each generation has one leader, all its members get what this
 * leader gave them, generations only rise, offsets change by accepted commits alone and in their order, and everybody who
 * waits is answered in the end.
 */
final class GroupModelTest {

    /** One thing that happens. Immutable. */
    record Step(Kind kind, int client, int number) {}

    enum Kind {
        JOIN,
        JOIN_CHANGED,
        SYNC,
        HEARTBEAT,
        LEAVE,
        COMMIT,
        COMMIT_AS_NOBODY,
        NEW_PROCESS,
        PASS,
        DECIDE,
        DECIDE_ALL,
        FAIL,
        RESTART
    }

    @Provide
    Arbitrary<Step> steps() {
        Arbitrary<Kind> kinds = Arbitraries.frequencyOf(
                Tuple.of(8, Arbitraries.just(Kind.JOIN)),
                Tuple.of(2, Arbitraries.just(Kind.JOIN_CHANGED)),
                Tuple.of(8, Arbitraries.just(Kind.SYNC)),
                Tuple.of(3, Arbitraries.just(Kind.HEARTBEAT)),
                Tuple.of(1, Arbitraries.just(Kind.LEAVE)),
                Tuple.of(5, Arbitraries.just(Kind.COMMIT)),
                Tuple.of(1, Arbitraries.just(Kind.COMMIT_AS_NOBODY)),
                Tuple.of(1, Arbitraries.just(Kind.NEW_PROCESS)),
                Tuple.of(3, Arbitraries.just(Kind.PASS)),
                Tuple.of(6, Arbitraries.just(Kind.DECIDE)),
                Tuple.of(3, Arbitraries.just(Kind.DECIDE_ALL)),
                Tuple.of(1, Arbitraries.just(Kind.FAIL)),
                Tuple.of(1, Arbitraries.just(Kind.RESTART)));
        return Combinators.combine(
                        kinds,
                        Arbitraries.integers().between(0, 4),
                        Arbitraries.integers().between(0, 20))
                .as(Step::new);
    }

    @Provide
    Arbitrary<List<Step>> histories() {
        return steps().list().ofMaxSize(120);
    }

    @Property(tries = 1500)
    void everyHistoryKeepsThePromises(@ForAll("histories") List<Step> history) {
        GroupModel model = new GroupModel();
        for (Step step : history) {
            take(model, step);
            model.check();
        }
        model.finish();
        assertThat(model.waiting()).isZero();
    }

    private static void take(GroupModel model, Step step) {
        switch (step.kind()) {
            case JOIN -> model.join(step.client(), "same");
            case JOIN_CHANGED -> model.join(step.client(), "changed " + step.number());
            case SYNC -> model.sync(step.client());
            case HEARTBEAT -> model.heartbeat(step.client());
            case LEAVE -> model.leave(step.client());
            case COMMIT -> model.commit(step.client(), step.number());
            case COMMIT_AS_NOBODY -> model.commitAsNobody(step.number());
            case NEW_PROCESS -> model.newProcess(step.client());
            case PASS -> model.pass(Duration.ofSeconds(step.number()));
            case DECIDE -> model.decide(Errors.NONE);
            case DECIDE_ALL -> model.decideAll();
            case FAIL -> model.decide(Errors.COORDINATOR_NOT_AVAILABLE);
            case RESTART -> model.restart();
        }
    }
}
