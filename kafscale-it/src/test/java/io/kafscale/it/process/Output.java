// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.process;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * What a process prints on one of its streams, line by line: written to a file in full, kept in memory for the last lines, and
 * awaited without polling. Thread-safe; guarded by {@code lock}.
 */
public final class Output {
    private static final int KEPT_LINES = 20_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Path file;

    @GuardedBy("lock")
    private final List<String> kept = new ArrayList<>();

    @GuardedBy("lock")
    private long dropped;

    @GuardedBy("lock")
    private boolean ended;

    private Output(Path file) {
        this.file = file;
    }

    /** Starts to read {@code stream} on a thread of its own, until it ends. */
    static Output read(InputStream stream, Path file) {
        Output output = new Output(file);
        Thread.ofPlatform().daemon().name("output-" + file.getFileName()).start(() -> output.readAll(stream));
        return output;
    }

    /** The file that holds everything printed so far. */
    public Path file() {
        return file;
    }

    /** How many lines there have been. */
    public long count() {
        lock.lock();
        try {
            return dropped + kept.size();
        } finally {
            lock.unlock();
        }
    }

    /** The lines that are still in memory, oldest first. */
    public List<String> lines() {
        return linesFrom(0);
    }

    /** The lines at and behind position {@code from} that are still in memory. */
    public List<String> linesFrom(long from) {
        lock.lock();
        try {
            int skipped = Math.toIntExact(Math.max(0, from - dropped));
            return List.copyOf(kept.subList(Math.min(skipped, kept.size()), kept.size()));
        } finally {
            lock.unlock();
        }
    }

    /** All lines that are still in memory, as one text. */
    public String text() {
        return String.join("\n", lines());
    }

    /** The first line, of all there were and will be, that is {@code wanted}. */
    public String awaitLine(String what, Predicate<String> wanted) {
        return awaitLine(what, 0, Patience.LIMIT, wanted);
    }

    /** The first line at or behind position {@code from} that is {@code wanted}; fails the test when none comes. */
    public String awaitLine(String what, long from, Duration limit, Predicate<String> wanted) {
        return findLine(from, limit, wanted)
                .orElseThrow(() -> new AssertionError(
                        "Ended, or not within " + limit + " in " + file + ": " + what + "\n" + text()));
    }

    /** The first line at or behind position {@code from} that is {@code wanted}, if it comes within {@code limit}. */
    public Optional<String> findLine(long from, Duration limit, Predicate<String> wanted) {
        long next = from;
        long left = limit.toNanos();
        lock.lock();
        try {
            while (true) {
                for (; next < dropped + kept.size(); next++) {
                    String line = kept.get(Math.toIntExact(Math.max(next, dropped) - dropped));
                    if (wanted.test(line)) {
                        return Optional.of(line);
                    }
                }
                if (ended || left <= 0) {
                    return Optional.empty();
                }
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError("Interrupted while reading " + file, interrupted);
        } finally {
            lock.unlock();
        }
    }

    /** Returns when the stream has ended and every line of it is here. */
    void awaitEnd() {
        findLine(0, Patience.LIMIT, line -> false);
    }

    private void readAll(InputStream stream) {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
                BufferedWriter copy = Files.newBufferedWriter(file)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                copy.write(line);
                copy.newLine();
                copy.flush();
                add(line);
            }
        } catch (IOException failure) {
            if (!"Stream closed".equals(failure.getMessage())) {
                throw new UncheckedIOException(failure);
            }
        } finally {
            end();
        }
    }

    private void add(String line) {
        lock.lock();
        try {
            if (kept.size() == KEPT_LINES) {
                kept.subList(0, KEPT_LINES / 2).clear();
                dropped += KEPT_LINES / 2;
            }
            kept.add(line);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void end() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
