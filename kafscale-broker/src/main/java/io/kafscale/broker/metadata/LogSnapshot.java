// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.kafscale.broker.disk.DiskFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Writes the beginning of a metadata file: its header and a whole state. Confined to whoever writes the file. */
final class LogSnapshot {

    /** A frame is closed when it holds so many bytes of keys and values, or so many keys. */
    private static final int FRAME_BYTES = 1024 * 1024;

    private static final int FRAME_ENTRIES = 5000;

    private final DiskFile file;
    private final long salt;
    private final List<LogEntry> pending = new ArrayList<>();
    private long pendingBytes;
    private long position;

    private LogSnapshot(DiskFile file, long salt) {
        this.file = file;
        this.salt = salt;
    }

    /** Writes a new file and makes its bytes durable; answers where the next frame goes. */
    static long write(DiskFile file, long salt, MetadataState state, long session) throws IOException {
        LogSnapshot snapshot = new LogSnapshot(file, salt);
        snapshot.write(state, session);
        file.force();
        return snapshot.position;
    }

    private void write(MetadataState state, long session) throws IOException {
        file.write(List.of(LogFrames.header(salt)), 0);
        position = LogFrames.HEADER_BYTES;
        pending.add(new LogEntry.SnapshotBegan(
                state.revision(), session, state.entries().size()));
        for (KeyValue entry : state.entries().startingWith("")) {
            pending.add(new LogEntry.SnapshotEntry(entry));
            pendingBytes += entry.key().length() + entry.value().size();
            if (pendingBytes >= FRAME_BYTES || pending.size() >= FRAME_ENTRIES) {
                flush();
            }
        }
        if (!pending.isEmpty()) {
            flush();
        }
    }

    private void flush() throws IOException {
        position += LogFrames.write(file, salt, position, LogEntryCodec.encode(pending));
        pending.clear();
        pendingBytes = 0;
    }
}
