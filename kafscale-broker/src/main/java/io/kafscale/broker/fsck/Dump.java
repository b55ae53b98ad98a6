// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.Lease;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Snapshot;
import io.kafscale.proto.metadata.ClusterIdentity;
import io.kafscale.proto.metadata.MetadataDump;
import io.kafscale.proto.metadata.MetadataEntry;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * All lasting metadata of a cluster at one revision. As an object it is a protobuf message, its CRC-32C, and {@code KMDB}.
 * Immutable.
 *
 * @param counter of the cluster then
 * @param entries values by key, the cluster's prefix left out
 * @param isRestoreBase whether a restore has written it, long after it was so
 */
record Dump(
        String uuid,
        long counter,
        long revision,
        long takenMillis,
        Map<String, ByteString> entries,
        boolean isRestoreBase) {

    /** The one that knows more is the larger. */
    static final Comparator<Dump> BY_AGE =
            Comparator.comparingLong(Dump::counter).thenComparingLong(Dump::revision);

    private static final int MAGIC = 0x4b4d4442; // KMDB
    private static final int TRAILER_BYTES = 8;

    Dump {
        entries = java.util.Collections.unmodifiableMap(new TreeMap<>(entries));
    }

    /**
     * What a snapshot of all keys holds; empty when there is no cluster in it.
     *
     * @throws MetadataException when the cluster cannot be read
     */
    static Optional<Dump> of(Snapshot seen, ClusterKeys keys, long takenMillis) {
        Optional<KeyValue> cluster = seen.find(keys.cluster());
        if (cluster.isEmpty()) {
            return Optional.empty();
        }
        Map<String, ByteString> entries = new TreeMap<>();
        seen.all().stream()
                .filter(entry -> entry.leaseId() == Lease.NONE)
                .filter(entry -> !entry.key().equals(keys.restoring()))
                .forEach(entry -> entries.put(entry.key().substring(keys.root().length()), entry.value()));
        try {
            ClusterIdentity identity = ClusterIdentity.parseFrom(cluster.get().value());
            return Optional.of(
                    new Dump(identity.getUuid(), identity.getCounter(), seen.revision(), takenMillis, entries, false));
        } catch (InvalidProtocolBufferException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "key " + keys.cluster() + " cannot be read", e);
        }
    }

    /** Of a cluster of which nothing is known but whose it is. */
    static Dump empty(String uuid, long takenMillis) {
        return new Dump(uuid, 0, 0, takenMillis, Map.of(), false);
    }

    Dump asRestoreBase() {
        return new Dump(uuid, counter, revision, takenMillis, entries, true);
    }

    List<ByteBuffer> toBytes() {
        MetadataDump.Builder message = MetadataDump.newBuilder()
                .setClusterUuid(uuid)
                .setCounter(counter)
                .setRevision(revision)
                .setTakenMs(takenMillis)
                .setRestoreBase(isRestoreBase);
        entries.forEach((key, value) ->
                message.addEntries(MetadataEntry.newBuilder().setKey(key).setValue(value)));
        ByteBuffer body = ByteBuffer.wrap(message.build().toByteArray());
        ByteBuffer trailer = ByteBuffer.allocate(TRAILER_BYTES)
                .putInt(checksum(body))
                .putInt(MAGIC)
                .flip();
        return List.of(body, trailer);
    }

    /** Empty when the bytes are none, or damaged. */
    static Optional<Dump> parse(ByteBuffer bytes) {
        int length = bytes.remaining() - TRAILER_BYTES;
        if (length < 0
                || bytes.getInt(length + Integer.BYTES) != MAGIC
                || bytes.getInt(length) != checksum(bytes.slice(0, length))) {
            return Optional.empty();
        }
        try {
            MetadataDump message = MetadataDump.parseFrom(bytes.slice(0, length));
            Map<String, ByteString> entries = new TreeMap<>();
            message.getEntriesList().forEach(entry -> entries.put(entry.getKey(), entry.getValue()));
            return Optional.of(new Dump(
                    message.getClusterUuid(),
                    message.getCounter(),
                    message.getRevision(),
                    message.getTakenMs(),
                    entries,
                    message.getRestoreBase()));
        } catch (InvalidProtocolBufferException e) {
            return Optional.empty();
        }
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes.duplicate());
        return (int) crc.getValue();
    }

    /** The entries under the keys of a cluster, as a store would have them. */
    List<KeyValue> under(ClusterKeys keys) {
        List<KeyValue> all = new ArrayList<>();
        entries.forEach((key, value) -> all.add(new KeyValue(keys.root() + key, value, 1, 1, Lease.NONE)));
        return all;
    }
}
