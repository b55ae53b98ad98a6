// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class FileMetadataStoreTest extends LeaseAndWatchContract {

    @TempDir
    private Path directory;

    @Override
    protected MetadataStore open() {
        return FileMetadataStore.open(directory, clock, threads);
    }
}
