// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class FileObjectStoreTest extends ObjectStoreContract {

    @TempDir
    private Path directory;

    @Override
    protected ObjectStore open() {
        return FileObjectStore.open(directory);
    }
}
