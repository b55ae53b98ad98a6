// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.recovery;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.proto.metadata.Head;
import io.kafscale.proto.metadata.SharedObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The commit records of all incarnations, as they stood at one revision. Immutable.
 *
 * @param objects in the order of the keys
 */
record CommitRecords(List<SharedObject> objects) {

    CommitRecords {
        objects = List.copyOf(objects);
    }

    /**
     * Reads them, and checks that those of each incarnation reach up to its head: the heads are read before, so a record
     * that is missing has been lost.
     *
     * @throws MetadataException when they cannot be had, or are not whole
     */
    static CommitRecords read(MetadataStore metadata, ClusterKeys keys) {
        Map<String, Long> heads = new HashMap<>();
        for (KeyValue head : metadata.range(keys.heads()).all()) {
            heads.put(head.key().substring(keys.heads().length()), parseHead(head));
        }
        List<SharedObject> objects = new ArrayList<>();
        for (KeyValue entry : metadata.range(keys.commits()).all()) {
            SharedObject object = parse(entry);
            objects.add(object);
            String incarnation =
                    entry.key().substring(keys.commits().length(), entry.key().lastIndexOf('/'));
            heads.computeIfPresent(
                    incarnation, (name, sequence) -> object.getLastSequence() >= sequence ? null : sequence);
        }
        if (!heads.isEmpty()) {
            throw new MetadataException(
                    MetadataException.Kind.CORRUPT, "commit records are missing: those of " + heads + " end before");
        }
        return new CommitRecords(objects);
    }

    private static long parseHead(KeyValue entry) {
        try {
            return Head.parseFrom(entry.value()).getSequence();
        } catch (InvalidProtocolBufferException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "head " + entry.key() + " cannot be read", e);
        }
    }

    private static SharedObject parse(KeyValue entry) {
        try {
            return SharedObject.parseFrom(entry.value());
        } catch (InvalidProtocolBufferException e) {
            throw new MetadataException(
                    MetadataException.Kind.CORRUPT, "commit record " + entry.key() + " cannot be read", e);
        }
    }
}
