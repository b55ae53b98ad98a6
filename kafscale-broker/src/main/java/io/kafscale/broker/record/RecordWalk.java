// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.record;

import java.nio.ByteBuffer;

/**
 * Walks over the uncompressed records of one batch, checking that each is well formed, without making an object of any.
 * A record is, with all lengths, counts and deltas as zigzag varints:
 *
 * <pre>
 * length, i8 attributes, timestamp delta, offset delta, key length (-1 none), key, value length (-1 none), value,
 * header count, then for each header: key length, key, value length (-1 none), value
 * </pre>
 *
 * <p>Confined to one thread.
 */
public final class RecordWalk {

    private static final int NO_RECORD = -1;

    private final ByteBuffer records;
    private final long baseOffset;
    private final long baseTimestamp;
    private final int count;

    private int position;
    private int index = NO_RECORD;
    private long timestampDelta;
    private boolean malformed;

    private RecordWalk(ByteBuffer records, RecordBatch batch) {
        this.records = records;
        this.position = records.position();
        this.baseOffset = batch.baseOffset();
        this.baseTimestamp = batch.baseTimestamp();
        this.count = batch.recordCount();
    }

    /**
     * A walk that stands before the first record of a batch.
     *
     * @param records the records, uncompressed, between the buffer's position and limit, which stay as they are
     */
    public static RecordWalk of(RecordBatch batch, ByteBuffer records) {
        return new RecordWalk(records, batch);
    }

    /** Steps to the next record; false behind the last one, or when what stands there is no well-formed record. */
    public boolean next() {
        if (malformed || index + 1 >= count) {
            return false;
        }
        int length = readInt(records.limit());
        int end = position + length;
        if (malformed || length < 0 || end < 0 || end > records.limit() || !readBody(end)) {
            malformed = true;
            return false;
        }
        position = end;
        index++;
        return true;
    }

    /** All records of the header's count were there and well formed, with no byte behind them; known after the last. */
    public boolean isComplete() {
        return !malformed && index + 1 == count && position == records.limit();
    }

    public long offset() {
        return baseOffset + index;
    }

    public long timestamp() {
        return baseTimestamp + timestampDelta;
    }

    private boolean readBody(int end) {
        position++; // attributes: none are defined
        long time = readLong(end);
        int offsetDelta = readInt(end);
        timestampDelta = time;
        return offsetDelta == index + 1
                && skipNullable(end)
                && skipNullable(end)
                && skipHeaders(end)
                && !malformed
                && position == end;
    }

    private boolean skipHeaders(int end) {
        int headers = readInt(end);
        if (malformed || headers < 0) {
            return false;
        }
        for (int i = 0; i < headers; i++) {
            int keyLength = readInt(end);
            if (malformed || keyLength < 0 || !skip(keyLength, end) || !skipNullable(end)) {
                return false;
            }
        }
        return true;
    }

    private boolean skipNullable(int end) {
        int length = readInt(end);
        return !malformed && length >= -1 && skip(Math.max(length, 0), end);
    }

    private boolean skip(int length, int end) {
        if (length > end - position) {
            return false;
        }
        position += length;
        return true;
    }

    private int readInt(int end) {
        int value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            if (position >= end) {
                break;
            }
            byte b = records.get(position++);
            value |= (b & 0x7f) << shift;
            if (b >= 0) {
                return (value >>> 1) ^ -(value & 1);
            }
        }
        malformed = true;
        return 0;
    }

    private long readLong(int end) {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            if (position >= end) {
                break;
            }
            byte b = records.get(position++);
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return (value >>> 1) ^ -(value & 1);
            }
        }
        malformed = true;
        return 0;
    }
}
