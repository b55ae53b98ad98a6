// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.storage.FileObjectStore;
import io.kafscale.broker.storage.ObjectStore;
import java.nio.file.Path;

final class SegmentFilesTest extends SegmentWriterContract {

    @Override
    ObjectStore open(Path directory) {
        return FileObjectStore.open(directory);
    }
}
