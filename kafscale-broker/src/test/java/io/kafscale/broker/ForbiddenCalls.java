// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.AccessTarget.CodeUnitAccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Set;

/**
 * Calls of the JDK that would escape a simulation, each with the only rooms that may make it: time, chance, threads and
 * the process belong to one place each. Stateless.
 */
enum ForbiddenCalls {
    TIMED_WAIT,
    CLOCK,
    CHANCE,
    SECURE_CHANCE,
    THREAD_START,
    PROCESS;

    /** The rooms that may make such calls; the root is the room with the empty name. */
    Set<String> rooms() {
        return switch (this) {
            case TIMED_WAIT, CLOCK -> Set.of("time");
            case CHANCE -> Set.of();
            case SECURE_CHANCE, PROCESS -> Set.of("");
            case THREAD_START -> Set.of("", "time");
        };
    }

    private boolean catches(Call call) {
        return switch (this) {
            case TIMED_WAIT -> isTimedWait(call);
            case CLOCK -> isClock(call);
            case CHANCE -> isChance(call);
            case SECURE_CHANCE -> call.on("java.security.SecureRandom") && call.creates();
            case THREAD_START -> isThreadStart(call);
            case PROCESS -> isProcess(call);
        };
    }

    /** No class makes such a call, or refers to such a method, outside of its rooms. */
    ArchRule rule() {
        return classes()
                .should(ArchitectureRules.hold(
                        "make no call of kind " + this,
                        type -> type.getCodeUnitAccessesFromSelf().stream()
                                .filter(access -> catches(new Call(access.getTarget())))
                                .filter(access -> !rooms().contains(ArchitectureRules.room(type)))
                                .map(JavaCodeUnitAccess::getDescription)));
    }

    /** Any wait with a limit: what takes a TimeUnit (but to be told a unit is not yet to wait), and the waits that take bare numbers, durations or dates. */
    private static boolean isTimedWait(Call call) {
        boolean takesUnit = call.parameters().contains("java.util.concurrent.TimeUnit")
                && !call.on("java.util.concurrent.TimeUnit")
                && !call.on("java.nio.file.attribute.FileTime")
                && !call.on("io.grpc.ManagedChannelBuilder");
        return takesUnit
                || (call.on("java.lang.Thread") && call.named("sleep"))
                || (call.on("java.lang.Thread") && call.named("join") && call.hasParameters())
                || (call.named("wait")
                        && call.hasParameters()
                        && call.parameters().getFirst().equals("long"))
                || (call.on("java.util.concurrent.locks.Condition") && call.named("awaitNanos", "awaitUntil"))
                || (call.on("java.util.concurrent.locks.LockSupport") && call.named("parkNanos", "parkUntil"))
                || (call.on("java.util.concurrent.TimeUnit") && call.named("sleep", "timedWait", "timedJoin"))
                || (call.on("java.lang.Process") && call.named("waitFor") && call.hasParameters())
                || (call.on("java.util.Timer") && call.creates());
    }

    private static boolean isClock(Call call) {
        return (call.on("java.lang.System") && call.named("currentTimeMillis", "nanoTime"))
                || (call.owner().getPackageName().startsWith("java.time") && call.named("now"))
                || (call.on("java.time.Clock")
                        && call.named(
                                "system",
                                "systemUTC",
                                "systemDefaultZone",
                                "tick",
                                "tickMillis",
                                "tickSeconds",
                                "tickMinutes"))
                || (call.on("java.util.Date") && call.creates() && !call.hasParameters())
                || (call.on("java.util.Calendar") && call.named("getInstance"));
    }

    /** Generators that nobody seeded; one made from a seed is a value like any other. */
    private static boolean isChance(Call call) {
        boolean unseeded = call.creates() && !call.hasParameters();
        return (call.is("java.util.Random") && unseeded)
                || (call.is("java.util.SplittableRandom") && unseeded)
                || call.on("java.util.concurrent.ThreadLocalRandom")
                || (call.on("java.lang.Math") && call.named("random"))
                || (call.on("java.lang.StrictMath") && call.named("random"))
                || (call.on("java.util.UUID") && call.named("randomUUID"))
                || (call.is("java.util.random.RandomGenerator") && call.named("getDefault", "of"))
                || call.on("java.util.random.RandomGeneratorFactory")
                || (call.on("java.util.Collections")
                        && call.named("shuffle")
                        && call.parameters().size() == 1)
                || (call.on("java.security.SecureRandom") && call.named("getInstance", "getInstanceStrong"));
    }

    private static boolean isThreadStart(Call call) {
        return (call.on("java.lang.Thread")
                        && (call.creates() || call.named("ofVirtual", "ofPlatform", "startVirtualThread")))
                || call.on("java.util.concurrent.Executors")
                || (call.on("java.util.concurrent.ExecutorService") && call.creates())
                || (call.on("java.util.concurrent.CompletableFuture") && call.named("runAsync", "supplyAsync"))
                || (call.on("java.util.Collection") && call.named("parallelStream"));
    }

    private static boolean isProcess(Call call) {
        return (call.on("java.lang.System") && call.named("getenv", "exit"))
                || (call.on("java.lang.Runtime") && call.named("exit", "halt", "addShutdownHook"));
    }

    /** What a call or a method reference aims at. Immutable. */
    private record Call(CodeUnitAccessTarget target) {
        JavaClass owner() {
            return target.getOwner();
        }

        boolean on(String type) {
            return owner().isAssignableTo(type);
        }

        boolean is(String type) {
            return owner().getName().equals(type);
        }

        boolean named(String... names) {
            return List.of(names).contains(target.getName());
        }

        boolean creates() {
            return named("<init>");
        }

        boolean hasParameters() {
            return !parameters().isEmpty();
        }

        List<String> parameters() {
            return target.getRawParameterTypes().stream()
                    .map(JavaClass::getName)
                    .toList();
        }
    }
}
