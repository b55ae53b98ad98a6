// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One listing of the objects below a folder: a walk through the folders that can hold a wanted key, which keeps the
 * smallest keys that it has met. Confined to one thread.
 *
 * <p>The order in which folders are met plays no part, since it is not that of the keys: {@code a-b} sorts before
 * {@code a/b}, {@code a0} behind it. What cannot be wanted any more is passed over without asking for its attributes.
 */
final class FolderListing {

    private final String prefix;
    private final String after;
    private final int max;
    private final NavigableMap<String, ObjectInfo> found = new TreeMap<>();

    FolderListing(String prefix, String after, int max) {
        this.prefix = prefix;
        this.after = after;
        this.max = max;
    }

    /** Lists what lies below the folder. */
    List<ObjectInfo> of(Path folder) throws IOException {
        walk(folder, "");
        return List.copyOf(found.values());
    }

    private void walk(Path folder, String keyPrefix) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                visit(entry, keyPrefix);
            }
        } catch (NoSuchFileException e) {
            // removed since its parent was read: nothing is below it
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private void visit(Path entry, String keyPrefix) throws IOException {
        String name = entry.getFileName().toString();
        String asObject = keyPrefix + name;
        String asFolder = KeyPaths.keyPrefix(keyPrefix, name);
        boolean maybeObject = isWanted(asObject);
        boolean maybeFolder = mayHoldWanted(asFolder);
        if (!maybeObject && !maybeFolder) {
            return;
        }
        Optional<BasicFileAttributes> attributes = attributesOf(entry);
        if (maybeFolder && attributes.filter(BasicFileAttributes::isDirectory).isPresent()) {
            walk(entry, asFolder);
        } else if (maybeObject && ObjectKey.isAllowed(asObject)) {
            attributes.filter(BasicFileAttributes::isRegularFile).ifPresent(file -> add(asObject, file));
        }
    }

    private boolean isWanted(String key) {
        return key.startsWith(prefix) && key.compareTo(after) > 0 && isBelowGreatest(key);
    }

    private boolean mayHoldWanted(String keyPrefix) {
        boolean meetsPrefix = keyPrefix.startsWith(prefix) || prefix.startsWith(keyPrefix);
        boolean reachesBehind = keyPrefix.compareTo(after) > 0 || after.startsWith(keyPrefix);
        return meetsPrefix && reachesBehind && isBelowGreatest(keyPrefix);
    }

    private boolean isBelowGreatest(String key) {
        return found.size() < max || key.compareTo(found.lastKey()) < 0;
    }

    private static Optional<BasicFileAttributes> attributesOf(Path entry) throws IOException {
        try {
            return Optional.of(Files.readAttributes(entry, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private void add(String key, BasicFileAttributes file) {
        found.put(
                key,
                new ObjectInfo(
                        new ObjectKey(key), file.size(), file.lastModifiedTime().toMillis()));
        if (found.size() > max) {
            found.pollLastEntry();
        }
    }
}
