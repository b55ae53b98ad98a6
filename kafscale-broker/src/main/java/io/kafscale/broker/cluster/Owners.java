// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.proto.metadata.Owner;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A view of one kind of owner keys: who owns what, as far as this broker has heard. Thread-safe.
 *
 * @param <T> what is owned
 */
final class Owners<T> {

    private final ConcurrentMap<T, Entry> entries = new ConcurrentHashMap<>();
    private final ConcurrentMap<T, Integer> lastEpochs = new ConcurrentHashMap<>();
    private final String prefix;
    private final Function<T, String> keyOf;
    private final Function<String, T> parse;
    private final Listener<T> listener;
    private final KeyView view;

    /**
     * One owner key. Immutable.
     *
     * @param key compared and deleted as it was seen
     */
    record Entry(int brokerId, String incarnation, int epoch, Compare.CreateRevision key) {}

    /** Hears that owners have changed; must not block. */
    interface Listener<T> {
        /** Whether a key that has come is one that somebody must look at. */
        boolean isConspicuous(T owned, Entry entry);

        /** Called after a change; {@code work} says whether something lost its owner or is conspicuous. */
        void changed(boolean work);
    }

    /**
     * A view, empty until it starts.
     *
     * @param prefix of the keys
     * @param keyOf names the key of what is owned
     * @param parse reads what stands behind the prefix; throws when it is none of ours
     */
    Owners(
            ClusterEnvironment environment,
            String prefix,
            Function<T, String> keyOf,
            Function<String, T> parse,
            Listener<T> listener) {
        this.prefix = prefix;
        this.keyOf = keyOf;
        this.parse = parse;
        this.listener = listener;
        this.view = new KeyView(environment, prefix, new Keys());
    }

    void start() {
        view.start();
    }

    void close() {
        view.close();
    }

    Optional<Entry> find(T owned) {
        return Optional.ofNullable(entries.get(owned));
    }

    /** The last epoch that was seen, -1 for none. */
    int lastEpoch(T owned) {
        return lastEpochs.getOrDefault(owned, -1);
    }

    /** What stands under the name of an incarnation. */
    Map<T, Entry> of(String incarnation) {
        return entries.entrySet().stream()
                .filter(entry -> entry.getValue().incarnation().equals(incarnation))
                .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    /** Forgets the epochs of what does not exist any more. */
    void forget(List<T> gone) {
        gone.forEach(lastEpochs::remove);
    }

    /** Everything of which an epoch is remembered. */
    List<T> remembered() {
        return List.copyOf(lastEpochs.keySet());
    }

    /** There is one way to write a key: another text of the same number is a foreign key. */
    private T owned(String key) {
        T owned = parse.apply(key.substring(prefix.length()));
        if (!keyOf.apply(owned).equals(key)) {
            throw new IllegalArgumentException("key " + key + " is not that of " + owned);
        }
        return owned;
    }

    private final class Keys implements KeyView.Contents {

        /** Confined to the view's lock. */
        private boolean work;

        @Override
        public void set(KeyValue entry) throws InvalidProtocolBufferException {
            Owner owner = Owner.parseFrom(entry.value());
            T owned = owned(entry.key());
            Entry seen = new Entry(
                    owner.getBrokerId(),
                    owner.getIncarnation(),
                    owner.getEpoch(),
                    new Compare.CreateRevision(entry.key(), entry.createRevision()));
            entries.put(owned, seen);
            work |= listener.isConspicuous(owned, seen);
            lastEpochs.put(owned, owner.getEpoch());
        }

        @Override
        public void delete(String key) {
            entries.remove(owned(key));
            work = true;
        }

        @Override
        public void settled() {
            listener.changed(work);
            work = false;
        }
    }
}
