// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.storage.ObjectKey;
import java.util.Comparator;
import java.util.Optional;
import java.util.UUID;

/**
 * The name of a sealed segment, which says all that it takes to find it. As text it is the key of its objects without root
 * and extension, {@code topics/{topic}.{topic id}/{partition}/segment-{base:020d}-{last:020d}-{leader epoch}}: it sorts by
 * base offset. Immutable.
 *
 * @param topic the topic's name
 * @param lastOffset inclusive; a segment has at most 2,147,483,647 offsets
 * @param leaderEpoch that of the owner that sealed it
 */
public record SegmentName(String topic, PartitionId id, long baseOffset, long lastOffset, int leaderEpoch)
        implements Comparable<SegmentName> {

    private static final String SEGMENT_EXTENSION = ".kfs";
    private static final String INDEX_EXTENSION = ".index";

    private static final String TOPICS = "topics/";
    private static final String FILE = "segment-";
    private static final int OFFSET_DIGITS = 20;
    private static final int ID_LENGTH = 36;
    private static final int MAX_TOPIC_LENGTH = 249;

    private static final Comparator<SegmentName> ORDER = Comparator.comparing(SegmentName::id)
            .thenComparingLong(SegmentName::baseOffset)
            .thenComparingLong(SegmentName::lastOffset)
            .thenComparingInt(SegmentName::leaderEpoch)
            .thenComparing(SegmentName::topic);

    public SegmentName {
        boolean isRange = baseOffset >= 0
                && lastOffset >= baseOffset
                && lastOffset < Long.MAX_VALUE
                && lastOffset - baseOffset < Integer.MAX_VALUE;
        if (topic.isEmpty() || !isRange) {
            throw new IllegalArgumentException(
                    "segment of topic '" + topic + "', " + id + ": offsets " + baseOffset + " to " + lastOffset);
        }
        if (leaderEpoch < 0) {
            throw new IllegalArgumentException("segment of " + id + ": leader epoch " + leaderEpoch);
        }
    }

    /** What the keys of all segments of a partition begin with, and no others; ends in a slash. */
    public static String folder(ObjectKey root, String topic, PartitionId id) {
        return root + "/" + folder(topic, id);
    }

    private static String folder(String topic, PartitionId id) {
        return TOPICS + topic + "." + id.topicId() + "/" + id.partition() + "/";
    }

    /** What the keys of a partition's segments from a base offset on begin with, or are behind. */
    static String keysFrom(ObjectKey root, String topic, PartitionId id, long baseOffset) {
        return folder(root, topic, id) + FILE + digits(baseOffset);
    }

    /** The name that {@link #toString} gives as text; empty for any other text. */
    public static Optional<SegmentName> parse(String text) {
        int fileAt = text.lastIndexOf('/') + 1;
        int partitionAt = text.lastIndexOf('/', fileAt - 2) + 1;
        int idAt = partitionAt - 1 - ID_LENGTH;
        boolean hasParts = text.startsWith(TOPICS)
                && idAt > TOPICS.length() + 1
                && idAt <= TOPICS.length() + MAX_TOPIC_LENGTH + 1
                && text.charAt(idAt - 1) == '.';
        if (!hasParts) {
            return Optional.empty();
        }
        try {
            UUID topicId = UUID.fromString(text.substring(idAt, partitionAt - 1));
            int partition = Integer.parseInt(text.substring(partitionAt, fileAt - 1));
            String topic = text.substring(TOPICS.length(), idAt - 1);
            return parseFile(topic, new PartitionId(topicId, partition), text.substring(fileAt))
                    .filter(name ->
                            name.toString().equals(text) && topic.chars().allMatch(SegmentName::isLegal));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // a number that is none of ours
        }
    }

    private static boolean isLegal(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '.'
                || c == '_'
                || c == '-';
    }

    /** The name of one of a partition's segments, from the last part of its key without the extension. */
    private static Optional<SegmentName> parseFile(String topic, PartitionId id, String file) {
        int lastAt = FILE.length() + OFFSET_DIGITS + 1;
        int epochAt = lastAt + OFFSET_DIGITS + 1;
        if (file.length() <= epochAt || !file.startsWith(FILE)) {
            return Optional.empty();
        }
        try {
            long base = Long.parseLong(file, FILE.length(), lastAt - 1, 10);
            long last = Long.parseLong(file, lastAt, epochAt - 1, 10);
            int epoch = Integer.parseInt(file, epochAt, file.length(), 10);
            return Optional.of(new SegmentName(topic, id, base, last, epoch))
                    .filter(name -> name.file().equals(file));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // a number that is none of ours
        }
    }

    /** The segment of a key that begins with the partition's folder; empty for the key of anything but records. */
    static Optional<SegmentName> parseSegment(String folder, String topic, PartitionId id, ObjectKey key) {
        return isSegment(key)
                ? parseFile(
                        topic,
                        id,
                        key.value().substring(folder.length(), key.value().length() - SEGMENT_EXTENSION.length()))
                : Optional.empty();
    }

    /** The name in a key, with either extension; empty for the key of anything else. */
    public static Optional<SegmentName> parse(ObjectKey root, ObjectKey key) {
        String beginning = root + "/";
        for (String extension : new String[] {SEGMENT_EXTENSION, INDEX_EXTENSION}) {
            if (key.value().startsWith(beginning) && key.value().endsWith(extension)) {
                return parse(
                        key.value().substring(beginning.length(), key.value().length() - extension.length()));
            }
        }
        return Optional.empty();
    }

    /** Whether a key that {@link #parse(ObjectKey, ObjectKey)} takes is that of the records, not of their index. */
    public static boolean isSegment(ObjectKey key) {
        return key.value().endsWith(SEGMENT_EXTENSION);
    }

    /** Where the records are. */
    public ObjectKey segmentKey(ObjectKey root) {
        return new ObjectKey(root + "/" + this + SEGMENT_EXTENSION);
    }

    /** Where their index is. */
    public ObjectKey indexKey(ObjectKey root) {
        return new ObjectKey(root + "/" + this + INDEX_EXTENSION);
    }

    /** Exclusive. */
    public long endOffset() {
        return lastOffset + 1;
    }

    @Override
    public int compareTo(SegmentName other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return folder(topic, id) + file();
    }

    private String file() {
        return FILE + digits(baseOffset) + "-" + digits(lastOffset) + "-" + leaderEpoch;
    }

    private static String digits(long offset) {
        String digits = Long.toString(offset);
        return "0".repeat(OFFSET_DIGITS - digits.length()) + digits;
    }
}
