// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Where the object of a key lies below a folder: each part of the key is a folder, the last one the file. Immutable.
 *
 * <p>File systems allow names of 255 bytes, keys have longer parts. Such a part is cut into pieces of 240 characters; each
 * piece but the last is a folder whose name ends in {@code +}, which no key has:
 *
 * <pre>
 *   key    topics/(300 characters)/x
 *   path   topics/(240 characters)+/(60 characters)/x
 * </pre>
 */
record KeyPaths(Path root) {

    private static final int PIECE = 240;
    private static final int LONGEST_NAME = 255;
    private static final String CONTINUED = "+";

    Path pathOf(ObjectKey key) {
        Path path = root;
        for (String part : key.value().split("/", -1)) {
            int from = 0;
            while (part.length() - from > LONGEST_NAME) {
                path = path.resolve(part.substring(from, from + PIECE) + CONTINUED);
                from += PIECE;
            }
            path = path.resolve(part.substring(from));
        }
        return path;
    }

    /** The folder of a file or folder that is below the root. */
    static Path above(Path path) {
        return Objects.requireNonNull(path.getParent(), "a path below the root has a parent");
    }

    /** The beginning that all keys below a folder share, given that of the folder that holds it. */
    static String keyPrefix(String parentPrefix, String folderName) {
        return folderName.endsWith(CONTINUED)
                ? parentPrefix + folderName.substring(0, folderName.length() - CONTINUED.length())
                : parentPrefix + folderName + "/";
    }

    /** Whether a file stands where the path needs a folder. */
    boolean leadsThroughFile(Path path) {
        for (Path at = above(path); !at.equals(root); at = above(at)) {
            if (Files.isRegularFile(at)) {
                return true;
            }
        }
        return false;
    }
}
