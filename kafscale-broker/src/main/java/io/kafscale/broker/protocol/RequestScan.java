// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import java.nio.ByteBuffer;

/**
 * One walk over the bytes of a request before they are parsed: every count and length is held against what is left and
 * against the limits, so that the parser can neither fail nor take memory or time out of proportion. Linear in the bytes;
 * allocates only the hashes of long keyed arrays. Confined to one thread.
 */
final class RequestScan {

    /** Keys of shorter arrays are not looked at: even the worst of them cost the parser next to nothing. */
    private static final int SHORT_ARRAY = 32;

    /** Steps that the parser's hash tables may take for one request: some milliseconds. */
    private static final long COLLISION_STEPS = 2_000_000;

    private static final long COLLISION_STEPS_PER_ELEMENT = 200;

    private static final int MAX_VARINT_BYTES = 5;

    private final ByteBuffer bytes;
    private final RequestLimits limits;
    private int position;
    private int end;
    private int topicsAndPartitions;
    private int otherElements;
    private long collisionSteps;

    /** Begins at the buffer's position; the buffer itself is left as it is. */
    RequestScan(ByteBuffer bytes, RequestLimits limits) {
        this.bytes = bytes;
        this.limits = limits;
        this.position = bytes.position();
        this.end = bytes.limit();
    }

    /** The index of the first byte that was not walked over. */
    int position() {
        return position;
    }

    /** Elements of arrays seen so far, a measure of the work that parsing will be. */
    int elements() {
        return topicsAndPartitions + otherElements;
    }

    /** Walks over one part. */
    void walk(Shape shape) throws MalformedRequestException {
        switch (shape) {
            case Shape.Fixed fixed -> skip(fixed.bytes());
            case Shape.Text text -> skip(textLength(text));
            case Shape.Blob blob -> skip(blobLength(blob));
            case Shape.Array array -> walkArray(array);
            case Shape.Structure structure -> walkFields(structure, 0);
            case Shape.Maybe maybe -> {
                skip(1);
                if (bytes.get(position - 1) >= 0) {
                    walk(maybe.part());
                }
            }
            case Shape.Tags tags -> walkTags(tags);
        }
    }

    private void walkFields(Shape.Structure structure, int from) throws MalformedRequestException {
        for (int i = from; i < structure.fields().size(); i++) {
            walk(structure.fields().get(i));
        }
    }

    private void walkArray(Shape.Array array) throws MalformedRequestException {
        int count = array.compact() ? varint() - 1 : number();
        if (count < 0) {
            requireNullable(array.nullable(), array.name());
            return;
        }
        if ((long) count * array.element().leastBytes() > end - position) {
            throw new MalformedRequestException(array.name() + " announces more elements than it can hold: " + count);
        }
        countElements(array, count);
        if (array.element() instanceof Shape.Fixed fixed) {
            skip(count * fixed.bytes());
        } else if (count > SHORT_ARRAY
                && array.keying().isKeyed()
                && array.element() instanceof Shape.Structure structure) {
            walkKeyed(array, structure, count);
        } else {
            for (int i = 0; i < count; i++) {
                walk(array.element());
            }
        }
    }

    private void countElements(Shape.Array array, int count) throws MalformedRequestException {
        if (array.listsTopicsOrPartitions()) {
            topicsAndPartitions += count;
            if (count > limits.topicsAndPartitions() || topicsAndPartitions > limits.topicsAndPartitions()) {
                throw new MalformedRequestException("more topics and partitions than " + limits.topicsAndPartitions());
            }
        } else {
            otherElements += count;
            if (count > limits.otherElements() || otherElements > 10L * limits.otherElements()) {
                throw new MalformedRequestException(array.name() + " has more elements than allowed: " + count);
            }
        }
    }

    private void walkKeyed(Shape.Array array, Shape.Structure element, int count) throws MalformedRequestException {
        int[] hashes = new int[count];
        Keying keying = array.keying();
        for (int i = 0; i < count; i++) {
            int hash = 0;
            for (int field = 0; field < keying.keys().size(); field++) {
                Shape key = element.fields().get(field);
                int length = key instanceof Shape.Text text ? textLength(text) : key.leastBytes();
                int start = position;
                skip(length);
                hash = keying.add(hash, keying.keys().get(field), bytes, start, length);
            }
            hashes[i] = keying.ofElement(hash);
            walkFields(element, keying.keys().size());
        }
        collisionSteps += CollisionCost.of(hashes);
        if (collisionSteps > COLLISION_STEPS + COLLISION_STEPS_PER_ELEMENT * elements()) {
            throw new MalformedRequestException(array.name() + " has too many equal or colliding names");
        }
    }

    private void walkTags(Shape.Tags tags) throws MalformedRequestException {
        int count = varint();
        if (count > limits.taggedFields()) {
            throw new MalformedRequestException("more tagged fields than allowed: " + count);
        }
        int previous = -1;
        for (int i = 0; i < count; i++) {
            int tag = varint();
            if (tag <= previous) {
                throw new MalformedRequestException("tagged fields out of order");
            }
            previous = tag;
            walkTag(tags, tag, varint());
        }
    }

    private void walkTag(Shape.Tags tags, int tag, int size) throws MalformedRequestException {
        Shape known = tags.known().get(tag);
        if (known == null) {
            skip(size);
            return;
        }
        if (size > end - position) {
            throw tooShort(size);
        }
        int outerEnd = end;
        end = position + size;
        walk(known);
        if (position != end) {
            throw new MalformedRequestException("tagged field " + tag + " is not of its announced size");
        }
        end = outerEnd;
    }

    /** The length of a text whose first byte is next; 0 for none. */
    private int textLength(Shape.Text text) throws MalformedRequestException {
        int length = text.compact() ? varint() - 1 : shortNumber();
        if (length < 0) {
            requireNullable(text.nullable(), "a text");
        }
        if (length > Short.MAX_VALUE) {
            throw new MalformedRequestException("a text of " + length + " bytes");
        }
        return Math.max(0, length);
    }

    private int blobLength(Shape.Blob blob) throws MalformedRequestException {
        int length = blob.compact() ? varint() - 1 : number();
        if (length < 0) {
            requireNullable(blob.nullable(), "a byte field");
        }
        return Math.max(0, length);
    }

    private static void requireNullable(boolean nullable, String what) throws MalformedRequestException {
        if (!nullable) {
            throw new MalformedRequestException(what + " is absent where it must be present");
        }
    }

    private void skip(int count) throws MalformedRequestException {
        if (count > end - position) {
            throw tooShort(count);
        }
        position += count;
    }

    private MalformedRequestException tooShort(int wanted) {
        return new MalformedRequestException(
                "ends at byte " + position + ", " + (end - position) + " left where " + wanted + " are announced");
    }

    private int number() throws MalformedRequestException {
        skip(Integer.BYTES);
        return bytes.getInt(position - Integer.BYTES);
    }

    private int shortNumber() throws MalformedRequestException {
        skip(Short.BYTES);
        return bytes.getShort(position - Short.BYTES);
    }

    /** An unsigned number in groups of seven bits, lowest first; beyond 31 bits it is malformed. */
    private int varint() throws MalformedRequestException {
        int value = 0;
        for (int i = 0; i < MAX_VARINT_BYTES; i++) {
            skip(1);
            byte group = bytes.get(position - 1);
            value |= (group & 0x7f) << (7 * i);
            if (group >= 0) {
                if (value < 0 || (i == MAX_VARINT_BYTES - 1 && group > 0x07)) {
                    break;
                }
                return value;
            }
        }
        throw new MalformedRequestException("a varint beyond 31 bits before byte " + position);
    }
}
