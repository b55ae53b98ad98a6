// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.proto.metadata.BrokerRegistration;
import io.kafscale.proto.metadata.Head;
import io.kafscale.proto.metadata.SharedObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which shared objects are needed, by metadata that is read behind the listing that showed them, in this order:
 *
 * <pre>
 *   registrations   who is absent is so for ever: no flush of it can be committed any more
 *   heads           a flush above that of a living incarnation is not decided, so its object stays; one below it is
 *   commit records  what is not among them now never will be
 * </pre>
 *
 * An incarnation whose records do not reach its head has lost some: any of its objects may be one that they named, so all stay.
 * Immutable.
 */
public final class SharedNeeds {

    private final Set<String> living;
    private final Map<String, Long> heads;
    private final Set<String> doubtful;
    private final Set<String> named;

    private SharedNeeds(Set<String> living, Map<String, Long> heads, Set<String> doubtful, Set<String> named) {
        this.living = living;
        this.heads = heads;
        this.doubtful = doubtful;
        this.named = named;
    }

    /**
     * What is needed now.
     *
     * @throws MetadataException also when a value cannot be read, since it may need anything
     */
    static SharedNeeds now(MetadataStore store, ClusterKeys keys) {
        List<KeyValue> entries = new ArrayList<>(store.range(keys.brokers()).all());
        entries.addAll(store.range(keys.heads()).all());
        entries.addAll(store.range(keys.commits()).all());
        return of(keys, entries);
    }

    /**
     * What is needed by some metadata.
     *
     * @param entries all registrations, heads and commit records; others are passed over
     * @throws MetadataException when a value cannot be read, since it may need anything
     */
    public static SharedNeeds of(ClusterKeys keys, List<KeyValue> entries) {
        Set<String> living = new HashSet<>();
        Map<String, Long> heads = new HashMap<>();
        Map<String, Long> reached = new HashMap<>();
        Set<String> named = new HashSet<>();
        for (KeyValue entry : entries) {
            String key = entry.key();
            try {
                if (key.startsWith(keys.brokers())) {
                    living.add(BrokerRegistration.parseFrom(entry.value()).getIncarnation());
                } else if (key.startsWith(keys.heads())) {
                    heads.put(
                            key.substring(keys.heads().length()),
                            Head.parseFrom(entry.value()).getSequence());
                } else if (key.startsWith(keys.commits())) {
                    SharedObject record = SharedObject.parseFrom(entry.value());
                    String incarnation = key.substring(
                            keys.commits().length(), Math.max(keys.commits().length(), key.lastIndexOf('/')));
                    reached.merge(incarnation, record.getLastSequence(), Math::max);
                    named.add(record.getKey());
                }
            } catch (InvalidProtocolBufferException e) {
                throw new MetadataException(MetadataException.Kind.CORRUPT, "key " + key + " cannot be read", e);
            }
        }
        Set<String> doubtful = new HashSet<>();
        heads.forEach((incarnation, head) -> {
            if (reached.getOrDefault(incarnation, 0L) < head) {
                doubtful.add(incarnation);
            }
        });
        return new SharedNeeds(living, heads, doubtful, named);
    }

    boolean isLiving(String incarnation) {
        return living.contains(incarnation);
    }

    /**
     * Whether an object must stay.
     *
     * @param sequence of the flush, as the object's name says
     */
    public boolean isNeeded(ObjectKey object, String incarnation, long sequence) {
        boolean isUndecided = living.contains(incarnation)
                && sequence > Optional.ofNullable(heads.get(incarnation)).orElse(0L);
        return isUndecided || doubtful.contains(incarnation) || named.contains(object.value());
    }
}
