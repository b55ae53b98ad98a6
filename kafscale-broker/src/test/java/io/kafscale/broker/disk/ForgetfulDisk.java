// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.disk;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * The disk of the machine, with a journal of what was done, from which it can lay out what a crash would have left behind
 * after any operation. It forces nothing in truth, which is slow. Thread-safe; guarded by {@code lock}.
 *
 * <p>Of a crash of the process everything survives, and a part of the write that was under way. Of a crash of the machine
 * what was forced survives; of what was not, each sector of 512 bytes and each entry of a folder may be there or not.
 */
public final class ForgetfulDisk implements Disk {

    private static final int SECTOR = 512;

    private final Disk behind = new LocalDisk();
    private final Path root;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private final List<Step> journal = new ArrayList<>();

    @GuardedBy("lock")
    private final Map<Path, Integer> inodes = new HashMap<>();

    @GuardedBy("lock")
    private int lastInode;

    /** A disk that is watched from now on; the root must be empty. */
    public ForgetfulDisk(Path root) {
        this.root = root;
    }

    /** A watched disk whose root begins with durable copies of the files and folders of another. */
    public static ForgetfulDisk holding(Path root, Path other) throws IOException {
        ForgetfulDisk disk = new ForgetfulDisk(root);
        List<Path> paths;
        try (Stream<Path> below = Files.walk(other)) {
            paths = below.filter(path -> !path.equals(other)).sorted().toList();
        }
        for (Path path : paths) {
            Path copy = root.resolve(other.relativize(path));
            if (Files.isDirectory(path)) {
                disk.createFolder(copy);
            } else {
                try (DiskFile file = disk.create(copy)) {
                    file.write(List.of(ByteBuffer.wrap(Files.readAllBytes(path))), 0);
                    file.force();
                }
            }
            disk.forceFolder(Image.folderOf(copy));
        }
        return disk;
    }

    private sealed interface Step {}

    private sealed interface FileStep extends Step {
        int inode();
    }

    private record Write(int inode, long position, ByteBuffer bytes) implements FileStep {}

    private record Truncate(int inode, long size) implements FileStep {}

    private record Force(int inode) implements FileStep {}

    /** A name of a folder now means another file, a folder (0) or nothing. */
    private record Entry(Path name, Optional<Integer> inode) implements Step {}

    /** Two entries at once. */
    private record Move(Entry removed, Entry added) implements Step {}

    private record ForceFolder(Path folder) implements Step {}

    /** How many operations there were. */
    public int operations() {
        lock.lock();
        try {
            return journal.size();
        } finally {
            lock.unlock();
        }
    }

    private interface Operation {
        void run() throws IOException;
    }

    private void perform(Operation operation, Step step) throws IOException {
        lock.lock();
        try {
            operation.run();
            journal.add(step);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public DiskFile create(Path file) throws IOException {
        lock.lock();
        try {
            DiskFile created = behind.create(file);
            lastInode++;
            inodes.put(file, lastInode);
            journal.add(new Entry(file, Optional.of(lastInode)));
            return new JournaledFile(created, lastInode);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public DiskFile open(Path file) throws IOException {
        lock.lock();
        try {
            return new JournaledFile(behind.open(file), inode(file));
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private int inode(Path file) {
        return inodes.getOrDefault(file, 0);
    }

    @Override
    public void createFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            perform(() -> behind.createFolder(folder), new Entry(folder, Optional.of(0)));
        }
    }

    @Override
    public void link(Path file, Path name) throws IOException {
        lock.lock();
        try {
            perform(() -> behind.link(file, name), new Entry(name, Optional.of(inode(file))));
            inodes.put(name, inode(file));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void rename(Path file, Path name) throws IOException {
        lock.lock();
        try {
            Step step = new Move(new Entry(file, Optional.empty()), new Entry(name, Optional.of(inode(file))));
            perform(() -> behind.rename(file, name), step);
            inodes.put(name, inode(file));
            inodes.remove(file);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void remove(Path path) throws IOException {
        lock.lock();
        try {
            perform(() -> behind.remove(path), new Entry(path, Optional.empty()));
            inodes.remove(path);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void forceFolder(Path folder) throws IOException {
        perform(() -> {}, new ForceFolder(folder));
    }

    private final class JournaledFile implements DiskFile {
        private final DiskFile file;
        private final int inode;

        private JournaledFile(DiskFile file, int inode) {
            this.file = file;
            this.inode = inode;
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void write(List<ByteBuffer> body, long position) throws IOException {
            ByteBuffer all = ByteBuffer.allocate(
                    body.stream().mapToInt(ByteBuffer::remaining).sum());
            body.forEach(slice -> all.put(slice.duplicate()));
            perform(() -> file.write(body, position), new Write(inode, position, all.flip()));
        }

        @Override
        public void read(ByteBuffer into, long position) throws IOException {
            file.read(into, position);
        }

        @Override
        public void truncate(long size) throws IOException {
            perform(() -> file.truncate(size), new Truncate(inode, size));
        }

        @Override
        public void force() throws IOException {
            perform(() -> {}, new Force(inode));
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    /** Lays out what a crash of the process leaves, while it did the operation after the given number of them. */
    public void layOutAfterKill(int operations, Random random, Path target) {
        List<Step> done = new ArrayList<>(steps(operations));
        if (steps(operations + 1).getLast() instanceof Write(int inode, long position, ByteBuffer bytes)) {
            done.add(new Write(inode, position, bytes.slice(0, random.nextInt(bytes.remaining() + 1))));
        }
        new Image(done, sector -> true, entry -> true).layOut(target);
    }

    /** Lays out what a crash of the machine leaves after so many operations. */
    public void layOutAfterPowerLoss(int operations, Random random, Path target) {
        int sectorsKept = random.nextInt(3);
        int entriesKept = random.nextInt(3);
        new Image(
                        steps(operations),
                        sector -> sectorsKept == 1 ? random.nextBoolean() : sectorsKept == 2,
                        entry -> entriesKept == 1 ? random.nextBoolean() : entriesKept == 2)
                .layOut(target);
    }

    private List<Step> steps(int operations) {
        lock.lock();
        try {
            return List.copyOf(journal.subList(0, Math.min(operations, journal.size())));
        } finally {
            lock.unlock();
        }
    }

    private interface Keep {
        boolean test(Object part);
    }

    /** What is left of some steps. Confined to one thread. */
    private final class Image {
        private final List<Step> steps;
        private final Keep sectors;
        private final Keep entries;

        private Image(List<Step> steps, Keep sectors, Keep entries) {
            this.steps = steps;
            this.sectors = sectors;
            this.entries = entries;
        }

        void layOut(Path target) {
            Map<Path, Integer> names = new TreeMap<>();
            for (int i = 0; i < steps.size(); i++) {
                Step step = steps.get(i);
                if (step instanceof Entry entry && survives(entry, i)) {
                    apply(entry, names);
                } else if (step instanceof Move(Entry removed, Entry added) && survives(added, i)) {
                    apply(removed, names);
                    apply(added, names);
                }
            }
            names.forEach((name, inode) -> create(target.resolve(root.relativize(name)), inode));
        }

        private boolean survives(Entry entry, int at) {
            return entries.test(entry)
                    || steps.subList(at, steps.size()).contains(new ForceFolder(folderOf(entry.name())));
        }

        private static Path folderOf(Path path) {
            return Objects.requireNonNull(path.getParent());
        }

        private static void apply(Entry entry, Map<Path, Integer> names) {
            entry.inode().ifPresentOrElse(inode -> names.put(entry.name(), inode), () -> names.remove(entry.name()));
        }

        private void create(Path path, int inode) {
            try {
                boolean reachable = Files.isDirectory(folderOf(path));
                if (reachable && inode == 0) {
                    Files.createDirectory(path);
                } else if (reachable) {
                    Files.write(path, content(inode));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private byte[] content(int inode) {
            List<FileStep> mine = steps.stream()
                    .filter(step -> step instanceof FileStep file && file.inode() == inode)
                    .map(FileStep.class::cast)
                    .toList();
            int forced = mine.lastIndexOf(new Force(inode));
            byte[] content = new byte[0];
            for (int i = 0; i < mine.size(); i++) {
                boolean certain = i < forced;
                content = switch (mine.get(i)) {
                    case Write write -> written(content, write, certain);
                    case Truncate(int file, long size) ->
                        certain || sectors.test(size) ? Arrays.copyOf(content, (int) size) : content;
                    case Force force -> content;
                };
            }
            return content;
        }

        private byte[] written(byte[] content, Write write, boolean certain) {
            byte[] result = content;
            Set<Long> kept = new HashSet<>();
            Set<Long> seen = new HashSet<>();
            for (int i = 0; i < write.bytes().remaining(); i++) {
                long at = write.position() + i;
                long sector = at / SECTOR;
                if (seen.add(sector) && (certain || sectors.test(sector))) {
                    kept.add(sector);
                }
                if (kept.contains(sector)) {
                    result = at < result.length
                            ? result
                            : Arrays.copyOf(result, (int) Math.max(at + 1, grown(write, at)));
                    result[(int) at] = write.bytes().get(i);
                }
            }
            return result;
        }

        /** The size of the file when the sector at the position has been written. */
        private static long grown(Write write, long at) {
            return Math.min(write.position() + write.bytes().remaining(), (at / SECTOR + 1) * SECTOR);
        }
    }
}
