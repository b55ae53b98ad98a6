// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import java.util.UUID;

/**
 * The names of all keys of one cluster, below {@code /kafscale/{cluster id}/}. Prefixes end in a slash. Immutable.
 */
public record ClusterKeys(String clusterId) {

    private static final int OFFSETS_BLOCK = 50;

    public ClusterKeys {
        if (!clusterId.matches("[A-Za-z0-9._-]{1,128}")) {
            throw new IllegalArgumentException(
                    "cluster id '" + clusterId + "': 1 to 128 of [A-Za-z0-9._-] are allowed");
        }
    }

    /** The prefix of all of them. */
    public String root() {
        return "/kafscale/" + clusterId + "/";
    }

    public String cluster() {
        return root() + "cluster";
    }

    /** There while the metadata is being restored. */
    public String restoring() {
        return root() + "restoring";
    }

    public String brokers() {
        return root() + "brokers/";
    }

    public String broker(int id) {
        return brokers() + id;
    }

    public String partitionOwners() {
        return root() + "owners/partition/";
    }

    public String partitionOwner(PartitionId partition) {
        return partitionOwners() + partition.topicId() + "/" + partition.partition();
    }

    public String groupShardOwners() {
        return root() + "owners/group-shard/";
    }

    public String groupShardOwner(int shard) {
        return groupShardOwners() + shard;
    }

    /** Of the one broker that tidies up for all. */
    public String janitorOwner() {
        return root() + "owners/janitor";
    }

    public String topics() {
        return root() + "topics/";
    }

    public String topic(String name) {
        return topics() + name;
    }

    public String partitionStates() {
        return root() + "partitions/";
    }

    public String partitionStates(UUID topicId) {
        return partitionStates() + topicId + "/";
    }

    public String partitionState(PartitionId partition) {
        return partitionStates(partition.topicId()) + partition.partition();
    }

    /** The prefix of what nobody but a restore deletes. */
    public String heads() {
        return root() + "heads/";
    }

    /** Put whenever a head is removed. */
    public String ended() {
        return root() + "ended";
    }

    public String head(String incarnation) {
        return heads() + incarnation;
    }

    public String commits() {
        return root() + "commits/";
    }

    public String commits(String incarnation) {
        return commits() + incarnation + "/";
    }

    /** Sequences are padded to 20 digits, so that keys sort as numbers do. */
    public String commit(String incarnation, long sequence) {
        return commits(incarnation) + String.format("%020d", sequence);
    }

    public String groups(int shard) {
        return root() + "groups/" + shard + "/";
    }

    public String group(int shard, String group) {
        return groups(shard) + encode(group);
    }

    /** The prefix of the committed offsets of all groups. */
    public String allOffsets() {
        return root() + "offsets/";
    }

    public String offsets(int shard) {
        return allOffsets() + shard + "/";
    }

    public String offsets(int shard, String group) {
        return offsets(shard) + encode(group) + "/";
    }

    /** One value holds the committed offsets of a block of 50 partitions of a topic. */
    public String offsets(int shard, String group, String topic, int partition) {
        return offsets(shard, group) + topic + "/" + partition / OFFSETS_BLOCK;
    }

    /** The prefix of what nobody but a restore deletes. */
    public String groupHeads() {
        return root() + "group-heads/";
    }

    /** Continued by every write of a shard's groups and offsets. */
    public String groupHead(int shard) {
        return groupHeads() + shard;
    }

    public String producerIds() {
        return root() + "producer-ids";
    }

    /** A group id is any text, so it is percent-encoded to be one part of a key; {@link #decode} reverses it. */
    static String encode(String text) {
        StringBuilder out = new StringBuilder();
        for (byte b : text.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || c == '.'
                    || c == '_'
                    || c == '-';
            if (plain) {
                out.append(c);
            } else {
                out.append('%').append(String.format("%02X", (int) c));
            }
        }
        return out.toString();
    }

    /** The text that {@link #encode} was given. */
    public static String decode(String encoded) {
        return java.net.URLDecoder.decode(encoded.replace("+", "%2B"), java.nio.charset.StandardCharsets.UTF_8);
    }
}
