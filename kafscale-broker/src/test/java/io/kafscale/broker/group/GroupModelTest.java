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
import net.jqwik.api.statistics.Statistics;
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
        GO_ON,
        ALL_GO_ON,
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
                Tuple.of(20, Arbitraries.just(Kind.GO_ON)),
                Tuple.of(10, Arbitraries.just(Kind.ALL_GO_ON)),
                Tuple.of(6, Arbitraries.of(Kind.COMMIT, Kind.DECIDE_ALL, Kind.PASS)),
                Tuple.of(6, Arbitraries.just(Kind.DECIDE)),
                Tuple.of(3, Arbitraries.of(Kind.JOIN, Kind.JOIN_CHANGED, Kind.SYNC, Kind.HEARTBEAT)),
                Tuple.of(1, Arbitraries.of(Kind.LEAVE, Kind.COMMIT_AS_NOBODY, Kind.NEW_PROCESS)),
                Tuple.of(1, Arbitraries.of(Kind.FAIL, Kind.RESTART)));
        return Combinators.combine(
                        kinds,
                        Arbitraries.integers().between(0, 4),
                        Arbitraries.integers().between(0, 6))
                .as(Step::new);
    }

    @Provide
    Arbitrary<List<Step>> histories() {
        return steps().list().ofMinSize(100).ofMaxSize(300);
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
        Statistics.label("three or more worked together")
                .collect(model.mostTogether() >= 3)
                .coverage(found -> found.check(true).percentage(share -> share > 20));
        Statistics.label("four or more generations")
                .collect(model.generations() >= 4)
                .coverage(found -> found.check(true).percentage(share -> share > 20));
    }

    private static void take(GroupModel model, Step step) {
        switch (step.kind()) {
            case GO_ON -> model.goOn(step.client());
            case ALL_GO_ON -> model.allGoOn();
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
