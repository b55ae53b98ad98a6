// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.storage.StorageException.Kind;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** The uploads of a store that keeps no trace of them beyond the process. Thread-safe: the map is concurrent. */
final class OpenUploads {

    private final Map<String, UploadInfo> open = new ConcurrentHashMap<>();
    private final AtomicLong begun = new AtomicLong();

    Entry begin(ObjectKey key, long startedMillis) {
        UploadInfo upload = new UploadInfo(key, Long.toString(begun.incrementAndGet()), startedMillis);
        open.put(upload.id(), upload);
        return new Entry(upload);
    }

    List<UploadInfo> list(String prefix, long startedBeforeMillis) {
        return open.values().stream()
                .filter(upload -> upload.key().value().startsWith(prefix))
                .filter(upload -> upload.startedMillis() < startedBeforeMillis)
                .limit(ObjectStore.MAX_LISTING)
                .toList();
    }

    void abort(Collection<UploadInfo> uploads) {
        uploads.forEach(upload -> open.remove(upload.id()));
    }

    /** One upload as long as it is open. Thread-safe. */
    final class Entry implements AutoCloseable {
        private final UploadInfo upload;

        private Entry(UploadInfo upload) {
            this.upload = upload;
        }

        /** Throws when the upload is over, because it was completed, closed, aborted, or has failed. */
        void checkOpen() {
            if (!open.containsKey(upload.id())) {
                throw new StorageException(Kind.NOT_FOUND, "upload of object " + upload.key() + ": it is over");
            }
        }

        @Override
        public void close() {
            open.remove(upload.id());
        }
    }
}
