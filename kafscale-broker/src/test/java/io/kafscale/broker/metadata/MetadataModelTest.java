// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.kafscale.broker.disk.ForgetfulDisk;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/** The file store, opened again now and then, answers as the memory store does and holds the same. */
final class MetadataModelTest {

    private static final MetadataLog.Steps SMALL_STEPS = new MetadataLog.Steps(200, 2000);

    /** One step of a run: a transaction, or closing and opening again. */
    record Step(Transaction transaction, boolean reopen) {}

    @Property(tries = 60, shrinking = ShrinkingMode.BOUNDED)
    void holdsWhatTheModelHolds(@ForAll("runs") List<Step> steps) throws IOException {
        ManualClock clock = new ManualClock();
        Path directory = Files.createTempDirectory("metadata-model");
        try (SystemThreads threads = new SystemThreads();
                MemoryMetadataStore model = new MemoryMetadataStore(clock)) {
            FileMetadataStore store = open(directory, clock, threads);
            try {
                for (Step step : steps) {
                    assertThat(store.commit(step.transaction())).isEqualTo(model.commit(step.transaction()));
                    if (step.reopen()) {
                        store.close();
                        store = open(directory, clock, threads);
                    }
                    assertThat(store.range("")).isEqualTo(model.range(""));
                    assertThat(store.range("a/")).isEqualTo(model.range("a/"));
                }
            } finally {
                store.close();
            }
        } finally {
            delete(directory);
        }
    }

    private static FileMetadataStore open(Path directory, ManualClock clock, SystemThreads threads) {
        return FileMetadataStore.open(new ForgetfulDisk(directory), directory, SMALL_STEPS, clock, threads);
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted((one, other) -> other.compareTo(one)).toList()) {
                Files.delete(path);
            }
        }
    }

    @Provide
    Arbitrary<List<Step>> runs() {
        Arbitrary<Boolean> reopen = Arbitraries.integers().between(0, 9).map(number -> number == 0);
        return Combinators.combine(transactions(), reopen)
                .as(Step::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(40);
    }

    private static Arbitrary<Transaction> transactions() {
        return Combinators.combine(
                        compares().list().ofMaxSize(2),
                        operations()
                                .list()
                                .uniqueElements(MetadataModelTest::name)
                                .ofMaxSize(4))
                .as(Transaction::new)
                .map(MetadataModelTest::withoutPutsInsideDeletedPrefixes);
    }

    private static Arbitrary<String> keys() {
        return Arbitraries.of("a", "a/", "a/1", "a/2", "a/2/x", "b/1", "b/~", "b0");
    }

    private static Arbitrary<Compare> compares() {
        return Combinators.combine(keys(), Arbitraries.longs().between(0, 12), Arbitraries.of(true, false))
                .as((key, revision, created) -> created
                        ? new Compare.CreateRevision(key, revision / 3)
                        : new Compare.ModRevision(key, revision / 3));
    }

    private static Arbitrary<Operation> operations() {
        Arbitrary<Operation> puts = Combinators.combine(
                        keys(), Arbitraries.strings().alpha().ofMaxLength(200))
                .as((key, text) -> new Operation.Put(key, ByteString.copyFromUtf8(text), Lease.NONE));
        Arbitrary<Operation> deletes = keys().map(Operation.Delete::new);
        Arbitrary<Operation> prefixes = Arbitraries.of("a/", "a/2", "b", "c").map(Operation.DeletePrefix::new);
        return Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(6, puts),
                net.jqwik.api.Tuple.of(2, deletes),
                net.jqwik.api.Tuple.of(1, prefixes));
    }

    private static String name(Operation operation) {
        return switch (operation) {
            case Operation.Put put -> put.key();
            case Operation.Delete(String key) -> key;
            case Operation.DeletePrefix(String prefix) -> "prefix " + prefix;
        };
    }

    private static Transaction withoutPutsInsideDeletedPrefixes(Transaction transaction) {
        List<String> prefixes = transaction.operations().stream()
                .filter(Operation.DeletePrefix.class::isInstance)
                .map(operation -> ((Operation.DeletePrefix) operation).prefix())
                .toList();
        return new Transaction(
                transaction.compares(),
                transaction.operations().stream()
                        .filter(operation -> !(operation instanceof Operation.Put put)
                                || prefixes.stream().noneMatch(put.key()::startsWith))
                        .toList());
    }
}
