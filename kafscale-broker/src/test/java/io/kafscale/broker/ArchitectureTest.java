// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The broker's classes keep the plan of the house. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ArchitectureTest {
    private final JavaClasses broker =
            new ClassFileImporter(Set.of(new ImportOption.DoNotIncludeTests())).importPackages(ArchitectureRules.ROOT);

    @Test
    void looksAtTheWholeHouse() {
        Set<String> seen = new TreeSet<>();
        for (JavaClass type : broker) {
            seen.add(ArchitectureRules.room(type));
        }

        assertThat(seen).contains("").containsAll(ArchitectureRules.ROOMS.keySet());
    }

    @Test
    void everyClassIsInARoom() {
        ArchitectureRules.everyClassIsInARoom().check(broker);
    }

    @Test
    void arrowsPointForward() {
        ArchitectureRules.arrowsPointForward().check(broker);
    }

    @Test
    void roomsHaveNoCycles() {
        ArchitectureRules.roomsHaveNoCycles().check(broker);
    }

    @Test
    void librariesStayWithTheirOwners() {
        ArchitectureRules.librariesStayWithTheirOwners().check(broker);
    }

    @Test
    void everyPackageIsNullMarked() {
        JavaClasses brokerAndTests = new ClassFileImporter().importPackages(ArchitectureRules.ROOT);

        ArchitectureRules.everyPackageIsNullMarked().check(brokerAndTests);
    }

    @Test
    void timedWaitsAreInTimeAlone() {
        ForbiddenCalls.TIMED_WAIT.rule().check(broker);
    }

    @Test
    void clocksAreReadInTimeAlone() {
        ForbiddenCalls.CLOCK.rule().check(broker);
    }

    @Test
    void chanceIsInjected() {
        ForbiddenCalls.CHANCE.rule().check(broker);
        ForbiddenCalls.SECURE_CHANCE.rule().check(broker);
    }

    @Test
    void threadsAreStartedInTimeAlone() {
        ForbiddenCalls.THREAD_START.rule().check(broker);
    }

    @Test
    void onlyTheRootKnowsTheProcess() {
        ForbiddenCalls.PROCESS.rule().check(broker);
    }

    @Test
    void testsDoNotSleepAndAreNotSwitchedOff() {
        JavaClasses tests = new ClassFileImporter(Set.of(new ImportOption.OnlyIncludeTests()))
                .importPackages(ArchitectureRules.ROOT);

        ArchitectureRules.testsDoNotSleepAndAreNotSwitchedOff().check(tests);
    }
}
