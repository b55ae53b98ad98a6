// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Disabled;

/** The plan of the house as rules about compiled classes: who may use whom, and who owns which library. Stateless. */
final class ArchitectureRules {
    static final String ROOT = "io.kafscale.broker";

    /** Each room with the rooms that it may use; {@code time} and {@code telemetry} stand beside the way, open to all. */
    static final Map<String, Set<String>> ROOMS = Map.ofEntries(
            Map.entry("network", Set.of("protocol", "handler", "bounds")),
            Map.entry("protocol", Set.of("record")),
            Map.entry(
                    "handler",
                    Set.of("protocol", "record", "log", "flush", "read", "group", "cluster", "metadata", "bounds")),
            Map.entry("group", Set.of("cluster", "metadata")),
            Map.entry(
                    "log",
                    Set.of(
                            "flush",
                            "merge",
                            "read",
                            "recovery",
                            "segment",
                            "chunk",
                            "storage",
                            "metadata",
                            "record",
                            "bounds")),
            Map.entry("flush", Set.of("merge", "chunk", "storage", "metadata", "record", "bounds")),
            Map.entry("merge", Set.of("chunk", "storage", "metadata")),
            Map.entry("read", Set.of("segment", "chunk", "storage", "metadata", "record")),
            Map.entry("recovery", Set.of("segment", "chunk", "storage", "metadata")),
            Map.entry("segment", Set.of("chunk", "storage", "metadata", "record", "bounds")),
            Map.entry("chunk", Set.of("storage", "metadata", "record", "bounds")),
            Map.entry("janitor", Set.of("cluster", "chunk", "segment", "storage", "metadata")),
            Map.entry("fsck", Set.of("janitor", "cluster", "segment", "chunk", "storage", "metadata", "record")),
            Map.entry("cluster", Set.of("metadata")),
            Map.entry("storage", Set.of("disk")),
            Map.entry("metadata", Set.of("disk")),
            Map.entry("disk", Set.of()),
            Map.entry("bounds", Set.of()),
            Map.entry("record", Set.of()),
            Map.entry("telemetry", Set.of()),
            Map.entry("time", Set.of()));

    /** Foreign packages, or single classes, with the rooms that may touch them; the root may touch each. */
    static final List<Library> LIBRARIES = List.of(
            new Library("kafka-clients", List.of("org.apache.kafka."), Set.of("protocol", "handler", "group")),
            new Library(
                    "protobuf",
                    List.of("com.google.protobuf.", "io.kafscale.proto."),
                    Set.of(
                            "metadata",
                            "log",
                            "flush",
                            "merge",
                            "recovery",
                            "segment",
                            "chunk",
                            "cluster",
                            "group",
                            "handler",
                            "janitor",
                            "fsck")),
            new Library("jetcd", List.of("io.etcd."), Set.of("metadata")),
            new Library("grpc", List.of("io.grpc."), Set.of("metadata")),
            new Library("jdk.httpserver", List.of("com.sun.net.httpserver."), Set.of("telemetry")),
            new Library("logback", List.of("ch.qos.logback."), Set.of("telemetry")),
            new Library("aws-sdk", List.of("software.amazon.awssdk."), Set.of("storage")),
            new Library("picocli", List.of("picocli."), Set.of()),
            new Library(
                    "sockets",
                    List.of(
                            "java.net.Socket",
                            "java.net.ServerSocket",
                            "java.net.DatagramSocket",
                            "java.nio.channels.SocketChannel",
                            "java.nio.channels.ServerSocketChannel",
                            "java.nio.channels.DatagramChannel",
                            "java.nio.channels.AsynchronousSocketChannel",
                            "java.nio.channels.AsynchronousServerSocketChannel",
                            "java.nio.channels.Selector",
                            "javax.net."),
                    Set.of("network")));

    private static final Set<String> OPEN_TO_ALL = Set.of("time", "telemetry");

    private ArchitectureRules() {}

    /** A foreign library: prefixes of its class names, and the rooms that own it. Immutable. */
    record Library(String name, List<String> prefixes, Set<String> owners) {
        boolean holds(JavaClass type) {
            String typeName = type.getBaseComponentType().getName();
            return prefixes.stream()
                    .anyMatch(prefix -> prefix.endsWith(".")
                            ? typeName.startsWith(prefix)
                            : outermost(typeName).equals(prefix));
        }

        private static String outermost(String typeName) {
            int dollar = typeName.indexOf('$');
            return dollar < 0 ? typeName : typeName.substring(0, dollar);
        }
    }

    /** Whether the table lets a class of one room depend on one of the other; the root is the room with the empty name. */
    static boolean mayUse(String from, String to) {
        if (from.isEmpty() || from.equals(to)) {
            return true;
        }
        if (to.isEmpty()) {
            return false;
        }
        // The two open rooms are the lowest: the clock knows nobody, telemetry only the clock.
        boolean open = OPEN_TO_ALL.contains(to) && !from.equals("time");
        return open || ROOMS.getOrDefault(from, Set.of()).contains(to);
    }

    /** The room of a class of ours, empty for the root package; what is deeper than one level is a room of that name. */
    static String room(JavaClass type) {
        String name = type.getBaseComponentType().getPackageName();
        return name.equals(ROOT) ? "" : name.substring(ROOT.length() + 1);
    }

    private static boolean isOurs(JavaClass type) {
        String name = type.getBaseComponentType().getPackageName();
        return name.equals(ROOT) || name.startsWith(ROOT + ".");
    }

    static ArchRule everyClassIsInARoom() {
        return classes()
                .should(hold(
                        "be in a room of the plan",
                        type -> room(type).isEmpty() || ROOMS.containsKey(room(type))
                                ? Stream.empty()
                                : Stream.of(type.getName() + " is in " + type.getPackageName())));
    }

    static ArchRule arrowsPointForward() {
        return classes()
                .should(dependOnly(
                        "follow the arrows of the plan",
                        (from, target) -> !isOurs(target) || mayUse(from, room(target))));
    }

    static ArchRule roomsHaveNoCycles() {
        return slices().matching(ROOT + ".(*)").should().beFreeOfCycles();
    }

    static ArchRule librariesStayWithTheirOwners() {
        return classes()
                .should(dependOnly(
                        "leave each foreign library to its owner",
                        (from, target) -> from.isEmpty()
                                || LIBRARIES.stream()
                                        .filter(library -> library.holds(target))
                                        .allMatch(library -> library.owners().contains(from))));
    }

    static ArchRule everyPackageIsNullMarked() {
        return classes()
                .should(hold(
                        "be in a package that is @NullMarked",
                        type -> type.getPackage().isAnnotatedWith(NullMarked.class)
                                ? Stream.empty()
                                : Stream.of(
                                        type.getName() + " is in " + type.getPackageName() + " without @NullMarked")));
    }

    static ArchRule testsDoNotSleepAndAreNotSwitchedOff() {
        return classes()
                .should(hold(
                        "neither sleep nor be @Disabled",
                        type -> Stream.concat(
                                type.getCodeUnitAccessesFromSelf().stream()
                                        .filter(access -> access.getName().equals("sleep")
                                                && access.getTargetOwner()
                                                        .getPackageName()
                                                        .startsWith("java."))
                                        .map(JavaCodeUnitAccess::getDescription),
                                Stream.concat(Stream.of(type), type.getMethods().stream())
                                        .filter(tested -> tested.isAnnotatedWith(Disabled.class))
                                        .map(tested -> tested.getDescription() + " is @Disabled"))));
    }

    private static ArchCondition<JavaClass> dependOnly(String description, BiPredicate<String, JavaClass> allowed) {
        return hold(
                description,
                type -> type.getDirectDependenciesFromSelf().stream()
                        .filter(dependency -> !allowed.test(room(type), dependency.getTargetClass()))
                        .map(Dependency::getDescription));
    }

    /** A condition from a function that lists what is wrong with a class. */
    static ArchCondition<JavaClass> hold(String description, Function<JavaClass, Stream<String>> faults) {
        return new ArchCondition<>(description) {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                faults.apply(type).forEach(fault -> events.add(SimpleConditionEvent.violated(type, fault)));
            }
        };
    }
}
