// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.kafscale.broker.disk.DiskFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a metadata file was found to hold. Immutable.
 *
 * @param session the last session that the file knows of
 * @param salt of the frames
 * @param snapshotEnd where the snapshot ends and the appended frames begin
 * @param lastPosition where the last whole frame begins
 * @param endPosition where it ends
 * @param torn whether something stands behind it that is no whole frame
 */
record LogRecovery(
        MetadataState state,
        long session,
        long salt,
        long snapshotEnd,
        long lastPosition,
        long endPosition,
        boolean torn) {

    /**
     * Reads a file from its beginning. Each frame was durable before the next one was written, so a frame that is not
     * whole is a write cut short by a crash if it is the last one, and a damaged file otherwise.
     *
     * @throws MetadataException of kind CORRUPT with the file and the position of the damage
     */
    static LogRecovery of(DiskFile file, Path path) throws IOException {
        LogFrames frames =
                LogFrames.of(file).orElseThrow(() -> corrupt(path, 0, "this is not the header of a metadata file"));
        LogReplay replay = new LogReplay();
        long last = 0;
        long position = LogFrames.HEADER_BYTES;
        long snapshotEnd = 0;
        Optional<LogFrames.Frame> frame = frames.at(position);
        while (frame.isPresent()) {
            take(replay, frame.get().body(), path, position);
            last = position;
            position = frame.get().endPosition();
            if (snapshotEnd == 0 && replay.isSnapshotWhole()) {
                snapshotEnd = position;
            }
            frame = frames.at(position);
        }
        if (!replay.isSnapshotWhole()) {
            throw corrupt(path, position, "the snapshot that the file begins with is damaged");
        }
        OptionalLong next = frames.nextBehind(position);
        if (next.isPresent()) {
            throw corrupt(path, position, "a frame is damaged, and a whole one follows at " + next.getAsLong());
        }
        boolean torn = !frames.isBlankFrom(position);
        return new LogRecovery(replay.state(), replay.session(), frames.salt(), snapshotEnd, last, position, torn);
    }

    private static void take(LogReplay replay, ByteBuffer body, Path path, long position) {
        try {
            LogEntryCodec.decode(body).forEach(replay::take);
        } catch (IllegalArgumentException e) {
            throw corrupt(path, position, String.valueOf(e.getMessage()));
        }
    }

    private static MetadataException corrupt(Path path, long position, String what) {
        return new MetadataException(
                MetadataException.Kind.CORRUPT, "file " + path + " at position " + position + ": " + what);
    }
}
