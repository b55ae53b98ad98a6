// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.time.SystemClock;
import java.nio.file.Path;

final class SegmentWriterTest extends SegmentWriterContract {

    @Override
    ObjectStore open(Path directory) {
        return new MemoryObjectStore(new SystemClock());
    }
}
