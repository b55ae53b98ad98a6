// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.cluster.JanitorClaim;
import io.kafscale.broker.cluster.TopicIds;
import io.kafscale.broker.metadata.ClusterKeys;
import io.kafscale.broker.metadata.MetadataStore;
import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.segment.SegmentName;
import io.kafscale.broker.storage.ObjectInfo;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.time.ManualClock;
import io.kafscale.broker.time.SystemThreads;
import io.kafscale.proto.metadata.BrokerRegistration;
import io.kafscale.proto.metadata.Head;
import io.kafscale.proto.metadata.PartitionState;
import io.kafscale.proto.metadata.SharedObject;
import io.kafscale.proto.metadata.TopicConfig;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A cluster as its janitors see it: brokers that put, commit, merge, seal, trim and die by plain keys and objects, and what a
 * test knows of them: which objects are needed, and since when the others are not. Confined to its test's thread.
 */
final class GarbageWorld implements AutoCloseable {

    static final ClusterKeys KEYS = new ClusterKeys("test");
    static final ObjectKey ROOT = new ObjectKey("default/test");
    static final RootNames NAMES = new RootNames(ROOT);
    /** A merge that takes longer is given up; a reference that comes later may be missed by a snapshot. */
    private static final Duration PROMPT = Duration.ofMinutes(55);

    static final Duration GRACE = Duration.ofHours(24);

    final ManualClock clock;
    final Random random;
    final MetadataStore metadata;
    final ObjectStore objects;
    final List<String> condemned = new ArrayList<>();
    final List<Broker> brokers = new ArrayList<>();
    final Map<String, Topic> topics = new HashMap<>();
    private final SystemThreads threads = new SystemThreads();

    /** Since when each object is needed by nobody, so far; those that are needed are not among them. */
    private final Map<ObjectKey, Long> uselessSince = new ConcurrentHashMap<>();

    private final Map<ObjectKey, Long> written = new ConcurrentHashMap<>();

    /** Referred to so late that the grace may count from their writing: no snapshot need have seen the reference. */
    private final Set<ObjectKey> lateCommits = new HashSet<>();

    /** Those of merges under way. */
    private final Set<ObjectKey> merging = new HashSet<>();

    private final AtomicReference<Optional<Broker>> claimHolder = new AtomicReference<>(Optional.empty());
    private int incarnations;
    private int topicsMade;

    /** A topic of one partition. Confined as its world. */
    static final class Topic {
        private final String name;
        private final PartitionId partition;
        private final NavigableMap<Long, SegmentName> segments = new TreeMap<>();
        private final List<ObjectKey> parts = new ArrayList<>();
        private long logStart;
        private long sealedThrough;
        private String newest = "";

        private Topic(String name, UUID id) {
            this.name = name;
            this.partition = new PartitionId(id, 0);
        }
    }

    /** One broker, with the janitor of its present life. Confined as its world. */
    final class Broker {
        private final int id;
        private final MetadataStore seenMetadata;
        private final ObjectStore seenObjects;
        private final NavigableMap<Long, ObjectKey> pending = new TreeMap<>();
        private final NavigableMap<Long, SharedObject> records = new TreeMap<>();
        private String incarnation = "";
        private long sequence;
        private long head;
        Janitor janitor;

        private Broker(int id, MetadataStore seenMetadata, ObjectStore seenObjects) {
            this.id = id;
            this.seenMetadata = seenMetadata;
            this.seenObjects = seenObjects;
            this.janitor = newJanitor();
        }

        private Janitor newJanitor() {
            JanitorEnvironment environment =
                    new JanitorEnvironment(clock, threads, random, seenObjects, seenMetadata, KEYS, ROOT);
            StoreGate gate = new StoreGate(
                    environment, "Here", cause -> condemned.add(String.valueOf(cause.getMessage())), Optional::empty);
            return new Janitor(environment, JanitorSettings.withGrace(GRACE), gate, new Claim(), () -> {});
        }

        /** Its janitor forgets everything. */
        void restartJanitor() {
            janitor = newJanitor();
        }

        private final class Claim implements JanitorClaim {
            @Override
            public Optional<String> incarnation() {
                return Optional.of(incarnation).filter(name -> !name.isEmpty());
            }

            @Override
            public boolean take() {
                claimHolder.compareAndSet(Optional.empty(), Optional.of(Broker.this));
                return Optional.of(Broker.this).equals(claimHolder.get());
            }
        }

        void register() {
            incarnation = id + "-" + incarnations++;
            apply(Transaction.when()
                    .put(
                            KEYS.broker(id),
                            BrokerRegistration.newBuilder()
                                    .setBrokerId(id)
                                    .setIncarnation(incarnation)
                                    .build()
                                    .toByteString()));
            sequence = 0;
            head = 0;
        }

        /** What it had not committed never will be. */
        void die() {
            apply(Transaction.when().delete(KEYS.broker(id)));
            pending.values().forEach(GarbageWorld.this::neverUsed);
            pending.clear();
            records.clear();
            incarnation = "";
            claimHolder.compareAndSet(Optional.of(this), Optional.empty());
            register();
        }

        private ObjectKey put(long named) {
            ObjectKey key =
                    new ObjectKey(NAMES.shared(incarnation) + "%020d-%016x.kso".formatted(named, random.nextLong()));
            write(key);
            return key;
        }

        /** Puts a flush; now and then its first attempt is lost, and left behind. */
        void flush() {
            sequence++;
            if (random.nextInt(4) == 0) {
                neverUsed(put(sequence));
            }
            pending.put(sequence, put(sequence));
        }

        void commit() {
            if (pending.isEmpty()) {
                return;
            }
            long next = pending.firstKey();
            SharedObject record = SharedObject.newBuilder()
                    .setKey(Objects.requireNonNull(pending.remove(next)).value())
                    .setFirstSequence(next)
                    .setLastSequence(next)
                    .build();
            head = next;
            records.put(next, record);
            committed(new ObjectKey(record.getKey()));
            apply(Transaction.when()
                    .put(
                            KEYS.head(incarnation),
                            Head.newBuilder().setSequence(next).build().toByteString())
                    .put(KEYS.commit(incarnation, next), record.toByteString()));
        }

        private List<SharedObject> mergeable() {
            return records.values().stream()
                    .filter(record -> record.getLastSequence() < head)
                    .limit(2 + random.nextInt(3))
                    .toList();
        }

        /** Replaces some records by one, some time after it has put the object; {@code meanwhile} happens in between. */
        void merge(Runnable meanwhile) {
            List<SharedObject> run = mergeable();
            if (run.size() < 2) {
                return;
            }
            String then = incarnation;
            ObjectKey merged = put(run.getFirst().getFirstSequence());
            merging.add(merged);
            meanwhile.run();
            merging.remove(merged);
            if (!isPrompt(merged)
                    || !then.equals(incarnation)
                    || !records.values().containsAll(run)) {
                neverUsed(merged);
                return;
            }
            SharedObject record = SharedObject.newBuilder()
                    .setKey(merged.value())
                    .setTier(1)
                    .setFirstSequence(run.getFirst().getFirstSequence())
                    .setLastSequence(run.getLast().getLastSequence())
                    .build();
            Transaction.Builder transaction =
                    Transaction.when().put(KEYS.commit(incarnation, record.getFirstSequence()), record.toByteString());
            run.stream().skip(1).forEach(old -> transaction.delete(KEYS.commit(incarnation, old.getFirstSequence())));
            apply(transaction);
            run.forEach(old -> records.remove(old.getFirstSequence()));
            records.put(record.getFirstSequence(), record);
            run.forEach(old -> useless(new ObjectKey(old.getKey())));
        }

        /** All chunks of an object are dead. */
        void drop() {
            mergeable().stream().findFirst().ifPresent(record -> {
                apply(Transaction.when().delete(KEYS.commit(incarnation, record.getFirstSequence())));
                records.remove(record.getFirstSequence());
                useless(new ObjectKey(record.getKey()));
            });
        }
    }

    GarbageWorld(long seed, ManualClock clock, MetadataStore metadata, ObjectStore objects) {
        this.random = new Random(seed);
        this.clock = clock;
        this.metadata = metadata;
        this.objects = objects;
    }

    /** A broker that sees the stores through these. */
    Broker broker(MetadataStore seenMetadata, ObjectStore seenObjects) {
        Broker broker = new Broker(brokers.size(), seenMetadata, seenObjects);
        brokers.add(broker);
        broker.register();
        return broker;
    }

    private void apply(Transaction.Builder transaction) {
        assertThat(metadata.commit(transaction.build())).isInstanceOf(TransactionResult.Applied.class);
    }

    private void write(ObjectKey key) {
        assertThat(objects.put(key, List.of(ByteBuffer.wrap(new byte[] {1})))).isInstanceOf(PutResult.Created.class);
        written.put(key, clock.wallMillis());
    }

    /** Nothing ever referred to it, and nothing will. */
    private void neverUsed(ObjectKey key) {
        uselessSince.putIfAbsent(key, written.get(key));
    }

    private void useless(ObjectKey key) {
        uselessSince.putIfAbsent(key, lateCommits.contains(key) ? writtenAt(key) : clock.wallMillis());
    }

    private void committed(ObjectKey key) {
        if (!isPrompt(key)) {
            lateCommits.add(key);
        }
    }

    private long writtenAt(ObjectKey key) {
        return Objects.requireNonNull(written.get(key));
    }

    private boolean isPrompt(ObjectKey key) {
        return clock.wallMillis() - writtenAt(key) <= PROMPT.toMillis();
    }

    void createTopic() {
        String name = "t." + topicsMade++;
        UUID id = new UUID(random.nextLong(), random.nextLong());
        Topic topic = new Topic(name, id);
        topics.put(name, topic);
        apply(Transaction.when()
                .put(
                        KEYS.topic(name),
                        TopicConfig.newBuilder()
                                .setName(name)
                                .setTopicId(TopicIds.bytes(id))
                                .setPartitions(1)
                                .build()
                                .toByteString())
                .put(KEYS.partitionState(topic.partition), state(topic)));
    }

    private static com.google.protobuf.ByteString state(Topic topic) {
        return PartitionState.newBuilder()
                .setLogStart(topic.logStart)
                .setSealedThrough(topic.sealedThrough)
                .setNewestSegment(topic.newest)
                .build()
                .toByteString();
    }

    Optional<Topic> anyTopic() {
        List<Topic> all = topics.values().stream()
                .sorted((one, other) -> one.name.compareTo(other.name))
                .toList();
        return all.isEmpty() ? Optional.empty() : Optional.of(all.get(random.nextInt(all.size())));
    }

    /** Writes a segment; a stray is left without the state. */
    void seal(Topic topic, boolean stray, Runnable meanwhile) {
        SegmentName segment = new SegmentName(
                topic.name,
                topic.partition,
                topic.sealedThrough,
                topic.sealedThrough + random.nextInt(100),
                random.nextInt(1_000_000));
        for (ObjectKey part : List.of(segment.segmentKey(ROOT), segment.indexKey(ROOT))) {
            write(part);
            topic.parts.add(part);
            if (!topics.containsValue(topic)) {
                useless(part);
            }
        }
        meanwhile.run();
        if (stray || !topics.containsValue(topic) || topic.sealedThrough != segment.baseOffset()) {
            return;
        }
        topic.segments.put(segment.baseOffset(), segment);
        topic.sealedThrough = segment.endOffset();
        topic.newest = segment.toString();
        apply(Transaction.when().put(KEYS.partitionState(topic.partition), state(topic)));
        markSegments(topic);
    }

    void trim(Topic topic) {
        topic.logStart += random.nextLong(topic.sealedThrough - topic.logStart + 1);
        apply(Transaction.when().put(KEYS.partitionState(topic.partition), state(topic)));
        markSegments(topic);
    }

    private void markSegments(Topic topic) {
        for (ObjectKey part : topic.parts) {
            SegmentName segment = SegmentName.parse(ROOT, part).orElseThrow();
            boolean isNewestIndex =
                    !SegmentName.isSegment(part) && segment.toString().equals(topic.newest);
            if (segment.endOffset() <= topic.logStart && !isNewestIndex) {
                useless(part);
            }
        }
    }

    void delete(Topic topic) {
        topics.remove(topic.name);
        apply(Transaction.when().delete(KEYS.topic(topic.name)).delete(KEYS.partitionState(topic.partition)));
        topic.parts.forEach(this::useless);
    }

    /** Nothing is deleted that is needed, or has not been useless for the grace. */
    void checkDeletion(Collection<ObjectKey> keys) {
        for (ObjectKey key : keys) {
            String name = key.value();
            if (name.startsWith(NAMES.counters()) || name.startsWith(NAMES.referenceSnapshots())) {
                continue;
            }
            Optional<Long> since = Optional.ofNullable(uselessSince.get(key))
                    .or(() -> Optional.ofNullable(written.get(key)).filter(at -> merging.contains(key)));
            assertThat(since).as("useless since, of %s", key).isPresent();
            assertThat(Duration.ofMillis(clock.wallMillis() - since.orElseThrow()))
                    .as("time for which %s was useless", key)
                    .isGreaterThanOrEqualTo(GRACE);
        }
    }

    /** Everything that is needed is there. */
    void checkNothingLost() {
        References now = References.now("", metadata, KEYS);
        List<String> there = all();
        assertThat(there).containsAll(now.shared());
        brokers.forEach(broker ->
                broker.pending.values().forEach(key -> assertThat(there).contains(key.value())));
        for (Topic topic : topics.values()) {
            for (ObjectKey part : topic.parts) {
                if (!uselessSince.containsKey(part)) {
                    assertThat(there).contains(part.value());
                }
            }
        }
        assertThat(there).contains(NAMES.identity().value());
        assertThat(condemned).isEmpty();
    }

    /** What nobody has needed for a while is gone. */
    void checkNothingLeft() {
        List<String> there = all();
        assertThat(uselessSince.keySet())
                .extracting(ObjectKey::value)
                .as("garbage that is left")
                .doesNotContainAnyElementsOf(there);
        assertThat(there).filteredOn(key -> key.startsWith(NAMES.counters())).hasSizeLessThan(3);
        assertThat(there)
                .filteredOn(key -> key.startsWith(NAMES.referenceSnapshots()))
                .hasSizeLessThan(30);
    }

    /** Decides what is under way: of a flush that is not, all attempts stay. */
    void commitAll() {
        for (Broker broker : brokers) {
            while (!broker.pending.isEmpty()) {
                broker.commit();
            }
        }
    }

    int garbage() {
        List<String> there = all();
        return (int) uselessSince.keySet().stream()
                .filter(key -> there.contains(key.value()))
                .count();
    }

    List<String> all() {
        List<String> keys = new ArrayList<>();
        String after = "";
        while (true) {
            List<ObjectInfo> page = objects.list("", after, ObjectStore.MAX_LISTING);
            page.forEach(info -> keys.add(info.key().value()));
            if (page.size() < ObjectStore.MAX_LISTING) {
                return keys;
            }
            after = keys.getLast();
        }
    }

    /** Lets all janitors work for so long, as they would by themselves. */
    void work(Duration time) {
        for (Duration passed = Duration.ZERO; passed.compareTo(time) < 0; passed = passed.plusMinutes(10)) {
            clock.advance(Duration.ofMinutes(10));
            for (Broker broker : brokers) {
                broker.janitor.look();
                broker.janitor.sweep();
            }
        }
    }

    @Override
    public void close() {
        metadata.close();
        objects.close();
        threads.close();
    }
}
