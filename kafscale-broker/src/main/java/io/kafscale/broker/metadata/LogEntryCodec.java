// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Entries as bytes, all numbers big-endian. Stateless.
 *
 * <pre>
 *   snapshot began   1 | i64 revision | i64 session | i64 count
 *   snapshot entry   2 | text key | bytes value | i64 created | i64 modified | i64 lease
 *   applied          3 | i64 revision | i32 count | operations
 *                          put            1 | text key | bytes value | i64 lease
 *                          delete         2 | text key
 *                          delete prefix  3 | text prefix
 *   lease ended      4 | i64 revision | i64 lease
 *   session began    5 | i64 revision | i64 session
 *   closed           6
 *
 *   bytes            i32 length | that many bytes; a text is its bytes in UTF-8
 * </pre>
 */
final class LogEntryCodec {

    private static final byte SNAPSHOT_BEGAN = 1;
    private static final byte SNAPSHOT_ENTRY = 2;
    private static final byte APPLIED = 3;
    private static final byte LEASE_ENDED = 4;
    private static final byte SESSION_BEGAN = 5;
    private static final byte CLOSED = 6;

    private static final byte PUT = 1;
    private static final byte DELETE = 2;
    private static final byte DELETE_PREFIX = 3;

    private LogEntryCodec() {}

    static ByteBuffer encode(List<LogEntry> entries) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            for (LogEntry entry : entries) {
                write(entry, out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("an array in memory failed", e);
        }
        return ByteBuffer.wrap(bytes.toByteArray());
    }

    private static void write(LogEntry entry, DataOutputStream out) throws IOException {
        switch (entry) {
            case LogEntry.SnapshotBegan(long revision, long session, long entryCount) -> {
                out.writeByte(SNAPSHOT_BEGAN);
                out.writeLong(revision);
                out.writeLong(session);
                out.writeLong(entryCount);
            }
            case LogEntry.SnapshotEntry(KeyValue key) -> {
                out.writeByte(SNAPSHOT_ENTRY);
                writeText(key.key(), out);
                writeBytes(key.value(), out);
                out.writeLong(key.createRevision());
                out.writeLong(key.modRevision());
                out.writeLong(key.leaseId());
            }
            case LogEntry.Applied(long revision, List<Operation> operations) -> {
                out.writeByte(APPLIED);
                out.writeLong(revision);
                out.writeInt(operations.size());
                for (Operation operation : operations) {
                    write(operation, out);
                }
            }
            case LogEntry.LeaseEnded(long revision, long leaseId) -> {
                out.writeByte(LEASE_ENDED);
                out.writeLong(revision);
                out.writeLong(leaseId);
            }
            case LogEntry.SessionBegan(long revision, long session) -> {
                out.writeByte(SESSION_BEGAN);
                out.writeLong(revision);
                out.writeLong(session);
            }
            case LogEntry.Closed closed -> out.writeByte(CLOSED);
        }
    }

    private static void write(Operation operation, DataOutputStream out) throws IOException {
        switch (operation) {
            case Operation.Put(String key, ByteString value, long leaseId) -> {
                out.writeByte(PUT);
                writeText(key, out);
                writeBytes(value, out);
                out.writeLong(leaseId);
            }
            case Operation.Delete(String key) -> {
                out.writeByte(DELETE);
                writeText(key, out);
            }
            case Operation.DeletePrefix(String prefix) -> {
                out.writeByte(DELETE_PREFIX);
                writeText(prefix, out);
            }
        }
    }

    private static void writeText(String text, DataOutputStream out) throws IOException {
        writeBytes(ByteString.copyFromUtf8(text), out);
    }

    private static void writeBytes(ByteString bytes, DataOutputStream out) throws IOException {
        out.writeInt(bytes.size());
        bytes.writeTo(out);
    }

    /** Reads all entries; what is not one is an {@link IllegalArgumentException}. */
    static List<LogEntry> decode(ByteBuffer bytes) {
        List<LogEntry> entries = new ArrayList<>();
        try {
            while (bytes.hasRemaining()) {
                entries.add(read(bytes));
            }
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("an entry is cut off", e);
        }
        return entries;
    }

    private static LogEntry read(ByteBuffer in) {
        byte kind = in.get();
        return switch (kind) {
            case SNAPSHOT_BEGAN -> new LogEntry.SnapshotBegan(in.getLong(), in.getLong(), in.getLong());
            case SNAPSHOT_ENTRY ->
                new LogEntry.SnapshotEntry(
                        new KeyValue(readText(in), readBytes(in), in.getLong(), in.getLong(), in.getLong()));
            case APPLIED -> new LogEntry.Applied(in.getLong(), readOperations(in));
            case LEASE_ENDED -> new LogEntry.LeaseEnded(in.getLong(), in.getLong());
            case SESSION_BEGAN -> new LogEntry.SessionBegan(in.getLong(), in.getLong());
            case CLOSED -> new LogEntry.Closed();
            default -> throw new IllegalArgumentException("an entry of kind " + kind);
        };
    }

    private static List<Operation> readOperations(ByteBuffer in) {
        int count = in.getInt();
        if (count < 0 || count > in.remaining()) {
            throw new IllegalArgumentException(count + " operations");
        }
        List<Operation> operations = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            byte kind = in.get();
            operations.add(
                    switch (kind) {
                        case PUT -> new Operation.Put(readText(in), readBytes(in), in.getLong());
                        case DELETE -> new Operation.Delete(readText(in));
                        case DELETE_PREFIX -> new Operation.DeletePrefix(readText(in));
                        default -> throw new IllegalArgumentException("an operation of kind " + kind);
                    });
        }
        return operations;
    }

    private static String readText(ByteBuffer in) {
        return readBytes(in).toStringUtf8();
    }

    private static ByteString readBytes(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new IllegalArgumentException("a value of " + length + " bytes");
        }
        return ByteString.copyFrom(in, length);
    }
}
