// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.segment;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.storage.ObjectKey;
import java.util.Comparator;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

    private static final Pattern TEXT = Pattern.compile("topics/(?<topic>[A-Za-z0-9._-]{1,249})\\.(?<id>[0-9a-f-]{36})"
            + "/(?<partition>\\d{1,10})/segment-(?<base>\\d{20})-(?<last>\\d{20})-(?<epoch>\\d{1,10})");

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
        return "topics/" + topic + "." + id.topicId() + "/" + id.partition() + "/";
    }

    /** What the keys of a partition's segments from a base offset on begin with, or are behind. */
    static String keysFrom(ObjectKey root, String topic, PartitionId id, long baseOffset) {
        return folder(root, topic, id) + String.format("segment-%020d", baseOffset);
    }

    /** The name that {@link #toString} gives as text; empty for any other text. */
    public static Optional<SegmentName> parse(String text) {
        Matcher parts = TEXT.matcher(text);
        if (!parts.matches()) {
            return Optional.empty();
        }
        try {
            UUID topicId = UUID.fromString(parts.group("id"));
            SegmentName name = new SegmentName(
                    parts.group("topic"),
                    new PartitionId(topicId, Integer.parseInt(parts.group("partition"))),
                    Long.parseLong(parts.group("base")),
                    Long.parseLong(parts.group("last")),
                    Integer.parseInt(parts.group("epoch")));
            return Optional.of(name).filter(parsed -> parsed.toString().equals(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // a number that is none of ours
        }
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
        return folder(topic, id) + String.format("segment-%020d-%020d-%d", baseOffset, lastOffset, leaderEpoch);
    }
}
