// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each rule of the plan reports what it is there to report, and nothing else. */
final class ArchitectureRulesTest {
    /** Statements that a kind of call must catch; semicolons stand between them, so each is one class. */
    private static final Map<ForbiddenCalls, List<String>> CAUGHT = Map.of(
            ForbiddenCalls.TIMED_WAIT,
            List.of(
                    "Thread.sleep(1)",
                    "Thread.sleep(java.time.Duration.ZERO)",
                    "Thread.currentThread().join(1)",
                    "new Object().wait(1)",
                    "new Object().wait(1, 1)",
                    "new Snippet().wait(1)",
                    "((java.util.concurrent.locks.Condition) null).await(1, java.util.concurrent.TimeUnit.DAYS)",
                    "((java.util.concurrent.locks.Condition) null).awaitNanos(1)",
                    "((java.util.concurrent.locks.Condition) null).awaitUntil(new java.util.Date(0))",
                    "new java.util.concurrent.ArrayBlockingQueue<String>(1).poll(1, java.util.concurrent.TimeUnit.DAYS)",
                    "new java.util.concurrent.LinkedBlockingQueue<String>()"
                            + ".offer(\"\", 1, java.util.concurrent.TimeUnit.DAYS)",
                    "((java.util.concurrent.Future<?>) null).get(1, java.util.concurrent.TimeUnit.DAYS)",
                    "new java.util.concurrent.CompletableFuture<String>().orTimeout(1, java.util.concurrent.TimeUnit.DAYS)",
                    "new java.util.concurrent.CountDownLatch(1).await(1, java.util.concurrent.TimeUnit.DAYS)",
                    "new java.util.concurrent.Semaphore(1).tryAcquire(1, java.util.concurrent.TimeUnit.DAYS)",
                    "new java.util.concurrent.locks.ReentrantLock().tryLock(1, java.util.concurrent.TimeUnit.DAYS)",
                    "((java.util.concurrent.ExecutorService) null)"
                            + ".awaitTermination(1, java.util.concurrent.TimeUnit.DAYS)",
                    "java.util.concurrent.locks.LockSupport.parkNanos(1)",
                    "java.util.concurrent.locks.LockSupport.parkUntil(1)",
                    "java.util.concurrent.TimeUnit.DAYS.sleep(1)",
                    "((Process) null).waitFor(1, java.util.concurrent.TimeUnit.DAYS)",
                    "new java.util.Timer()"),
            ForbiddenCalls.CLOCK,
            List.of(
                    "System.currentTimeMillis()",
                    "System.nanoTime()",
                    "java.util.function.LongSupplier now = System::nanoTime",
                    "java.time.Instant.now()",
                    "java.time.LocalDate.now()",
                    "java.time.Clock.systemUTC()",
                    "java.time.Clock.system(java.time.ZoneOffset.UTC)",
                    "java.time.Clock.tickSeconds(java.time.ZoneOffset.UTC)",
                    "new java.util.Date()",
                    "java.util.Calendar.getInstance()"),
            ForbiddenCalls.CHANCE,
            List.of(
                    "new java.util.Random()",
                    "java.util.function.Supplier<Object> random = java.util.Random::new",
                    "new java.util.SplittableRandom()",
                    "java.util.concurrent.ThreadLocalRandom.current()",
                    "Math.random()",
                    "java.util.UUID.randomUUID()",
                    "java.util.random.RandomGenerator.getDefault()",
                    "java.util.Collections.shuffle(new java.util.ArrayList<String>())",
                    "java.security.SecureRandom.getInstanceStrong()"),
            ForbiddenCalls.SECURE_CHANCE,
            List.of("new java.security.SecureRandom()"),
            ForbiddenCalls.THREAD_START,
            List.of(
                    "new Thread(() -> {})",
                    "Thread.ofVirtual()",
                    "Thread.startVirtualThread(() -> {})",
                    "java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()",
                    "java.util.concurrent.CompletableFuture.runAsync(() -> {})",
                    "java.util.List.of().parallelStream()"),
            ForbiddenCalls.PROCESS,
            List.of("System.getenv()", "System.getenv(\"HOME\")", "System.exit(1)", "Runtime.getRuntime().halt(1)"));

    /** Statements near the forbidden ones that no kind of call may catch. */
    private static final List<String> ALLOWED = List.of(
            "new java.util.Random(1)",
            "new Object().wait()",
            "((java.util.concurrent.locks.Condition) null).await()",
            "new java.util.concurrent.locks.ReentrantLock().tryLock()",
            "new java.util.concurrent.ArrayBlockingQueue<String>(1).poll()",
            "java.util.concurrent.TimeUnit.DAYS.toMillis(1)",
            "java.util.concurrent.TimeUnit.DAYS.convert(1, java.util.concurrent.TimeUnit.HOURS)",
            "java.time.Instant.ofEpochMilli(1)",
            "new java.util.Date(1)",
            "new java.util.UUID(1, 1)",
            "Thread.currentThread().interrupt()",
            "Thread.currentThread().join()",
            "System.getProperty(\"user.dir\")");

    /** One type of each library, to be touched by every room in turn. */
    private static final Map<String, String> TOUCHES = Map.of(
            "kafka-clients", "org.apache.kafka.common.protocol.ApiKeys",
            "protobuf", "com.google.protobuf.ByteString",
            "jetcd", "io.etcd.jetcd.api.KVGrpc",
            "grpc", "io.grpc.Status",
            "jdk.httpserver", "com.sun.net.httpserver.HttpServer",
            "logback", "ch.qos.logback.classic.Logger",
            "aws-sdk", "software.amazon.awssdk.regions.Region",
            "picocli", "picocli.CommandLine",
            "sockets", "java.net.ServerSocket");

    @TempDir
    Path folder;

    @Test
    void arrowsAreReportedForExactlyThePairsThatTheTableLacks() throws IOException {
        CompiledSnippets snippets = new CompiledSnippets();
        Set<String> forbidden = new TreeSet<>();
        for (String from : allRooms()) {
            snippets.add(from, "Target", "");
            for (String to : allRooms()) {
                snippets.add(from, "Uses" + className(to), CompiledSnippets.packageName(to) + ".Target target;");
                if (!ArchitectureRules.mayUse(from, to)) {
                    forbidden.add(CompiledSnippets.packageName(from) + ".Uses" + className(to));
                }
            }
        }

        Set<String> reported = reported(ArchitectureRules.arrowsPointForward(), snippets.compile(folder));

        assertThat(reported).isEqualTo(forbidden).hasSizeGreaterThan(80);
    }

    @Test
    void theTableSaysWhatItIsMeantToSay() {
        assertThat(ArchitectureRules.mayUse("network", "handler")).isTrue();
        assertThat(ArchitectureRules.mayUse("handler", "network")).isFalse();
        assertThat(ArchitectureRules.mayUse("log", "time")).isTrue();
        assertThat(ArchitectureRules.mayUse("time", "telemetry")).isFalse();
        assertThat(ArchitectureRules.mayUse("telemetry", "time")).isTrue();
        assertThat(ArchitectureRules.mayUse("storage", "metadata")).isFalse();
        assertThat(ArchitectureRules.mayUse("metadata", "")).isFalse();
        assertThat(ArchitectureRules.mayUse("", "metadata")).isTrue();
    }

    @Test
    void cyclesAreReported() throws IOException {
        CompiledSnippets snippets = new CompiledSnippets();
        snippets.add("log", "Snippet", CompiledSnippets.packageName("group") + ".Snippet other;");
        snippets.add("group", "Snippet", CompiledSnippets.packageName("log") + ".Snippet other;");

        assertThat(ArchitectureRules.roomsHaveNoCycles()
                        .evaluate(snippets.compile(folder))
                        .hasViolation())
                .isTrue();
    }

    @Test
    void classesOutsideOfTheRoomsAreReported() throws IOException {
        CompiledSnippets snippets = new CompiledSnippets();
        snippets.add("", "Fine", "");
        snippets.add("log", "Fine", "");
        snippets.add("util", "Snippet", "");
        snippets.add("log.internal", "Snippet", "");

        assertThat(reported(ArchitectureRules.everyClassIsInARoom(), snippets.compile(folder)))
                .containsExactly("io.kafscale.broker.log.internal.Snippet", "io.kafscale.broker.util.Snippet");
    }

    @Test
    void librariesAreReportedOutsideOfExactlyTheirOwners() throws IOException {
        CompiledSnippets snippets = new CompiledSnippets();
        Set<String> forbidden = new TreeSet<>();
        for (int i = 0; i < ArchitectureRules.LIBRARIES.size(); i++) {
            ArchitectureRules.Library library = ArchitectureRules.LIBRARIES.get(i);
            for (String room : allRooms()) {
                snippets.add(room, "Touches" + i, TOUCHES.get(library.name()) + "[] field;");
                if (!room.isEmpty() && !library.owners().contains(room)) {
                    forbidden.add(CompiledSnippets.packageName(room) + ".Touches" + i);
                }
            }
        }

        Set<String> reported = reported(ArchitectureRules.librariesStayWithTheirOwners(), snippets.compile(folder));

        assertThat(reported).isEqualTo(forbidden).hasSizeGreaterThan(50);
    }

    @Test
    void packagesWithoutNullMarkedAreReported() throws IOException {
        CompiledSnippets snippets = new CompiledSnippets();
        snippets.add("log.unmarked", "Snippet", "");

        assertThat(reported(ArchitectureRules.everyPackageIsNullMarked(), snippets.compile(folder)))
                .containsExactly("io.kafscale.broker.log.unmarked.Snippet");
    }

    @Test
    void forbiddenCallsAreReportedOutsideOfTheirRooms() throws IOException {
        CompiledSnippets snippets = new CompiledSnippets();
        Map<ForbiddenCalls, Set<String>> expected = new TreeMap<>();
        for (ForbiddenCalls kind : ForbiddenCalls.values()) {
            List<String> statements = CAUGHT.getOrDefault(kind, List.of());
            assertThat(statements).as("examples of %s", kind).isNotEmpty();
            for (int i = 0; i < statements.size(); i++) {
                String name = kind.name() + i;
                for (String room : List.of("", "time", "log", "network")) {
                    addStatement(snippets, room, name, statements.get(i));
                    if (!kind.rooms().contains(room)) {
                        expected.computeIfAbsent(kind, k -> new TreeSet<>())
                                .add(CompiledSnippets.packageName(room) + "." + name);
                    }
                }
            }
        }
        JavaClasses compiled = snippets.compile(folder);

        for (ForbiddenCalls kind : ForbiddenCalls.values()) {
            assertThat(reported(kind.rule(), compiled)).as("%s", kind).isEqualTo(expected.get(kind));
        }
    }

    @Test
    void callsBesideTheForbiddenOnesAreNotReported() throws IOException {
        CompiledSnippets snippets = new CompiledSnippets();
        for (int i = 0; i < ALLOWED.size(); i++) {
            addStatement(snippets, "log", "Allowed" + i, ALLOWED.get(i));
        }
        JavaClasses compiled = snippets.compile(folder);

        for (ForbiddenCalls kind : ForbiddenCalls.values()) {
            assertThat(reported(kind.rule(), compiled)).as("%s", kind).isEmpty();
        }
    }

    @Test
    void sleepingAndSwitchedOffTestsAreReported() throws IOException {
        CompiledSnippets snippets = new CompiledSnippets();
        snippets.add("log", "Fine", "@org.junit.jupiter.api.Test void runs() {}");
        snippets.add("log", "SwitchedOff", "@org.junit.jupiter.api.Disabled void runs() {}");
        addStatement(snippets, "log", "Sleeps", "Thread.sleep(1)");

        assertThat(reported(ArchitectureRules.testsDoNotSleepAndAreNotSwitchedOff(), snippets.compile(folder)))
                .containsExactly("io.kafscale.broker.log.Sleeps", "io.kafscale.broker.log.SwitchedOff");
    }

    private static void addStatement(CompiledSnippets snippets, String room, String name, String statement) {
        String own = statement.replace("Snippet", name);
        snippets.add(room, name, "void run() throws Exception { " + own + "; }");
    }

    private static List<String> allRooms() {
        List<String> rooms = new ArrayList<>(new TreeSet<>(ArchitectureRules.ROOMS.keySet()));
        rooms.add("");
        return rooms;
    }

    private static String className(String room) {
        return room.isEmpty() ? "Root" : Character.toUpperCase(room.charAt(0)) + room.substring(1);
    }

    /** Names of the classes that break the rule, each judged alone. */
    private static Set<String> reported(ArchRule rule, JavaClasses classes) {
        Set<String> names = new TreeSet<>();
        rule.evaluate(classes)
                .handleViolations((Collection<JavaClass> types, String message) ->
                        types.forEach(type -> names.add(type.getName())));
        return names;
    }
}
