// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.broker.metadata.TransactionRunner;
import io.kafscale.broker.time.Signal;
import io.kafscale.proto.metadata.TopicConfig;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The topics of the cluster: a view in memory and the transactions that change them. Two brokers that create at the same
 * moment may still make two names that collide; the same name never. Thread-safe.
 */
public final class TopicCatalog {

    private static final Logger LOG = LoggerFactory.getLogger(TopicCatalog.class);

    /** Most partitions of one topic. */
    static final int MAX_PARTITIONS = 10_000;

    private final ClusterEnvironment environment;
    private final Signal changed;
    private final TransactionRunner transactions;
    private final KeyView view;
    private final FreshTopics fresh;
    private final TopicEditor editor;
    private final Map<String, Topic> byName = new ConcurrentSkipListMap<>();
    private final Map<UUID, Topic> byId = new ConcurrentHashMap<>();
    private final Map<String, Topic> byCollisionKey = new ConcurrentHashMap<>();

    /**
     * A catalog, empty until it starts.
     *
     * @param changed rung after topics have come or gone
     */
    TopicCatalog(ClusterEnvironment environment, Signal changed) {
        this.environment = environment;
        this.changed = changed;
        this.transactions = environment.transactions();
        this.view = new KeyView(environment, environment.keys().topics(), new Topics());
        this.fresh = new FreshTopics(environment, TopicCatalog::read);
        this.editor = new TopicEditor(environment, view, TopicCatalog::read);
    }

    void start() {
        view.start();
    }

    void close() {
        view.close();
    }

    public Optional<Topic> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    public Optional<Topic> find(UUID id) {
        return Optional.ofNullable(byId.get(id));
    }

    /**
     * Those of the names that are topics, not as they were before this call, whatever the view has heard of them: for
     * answers that would do harm if they were wrong, as that a group has no offset. Callers share reads, and wait for
     * their turn when there are many, so ask only where {@link #find} does not confirm what is expected.
     *
     * @throws MetadataException when that cannot be told: the store does not answer within some seconds, or the value of
     *     one of them cannot be read
     */
    public Map<String, Topic> findFresh(Collection<String> names) {
        return fresh.find(names);
    }

    /** All topics, in the order of their names. */
    public List<Topic> all() {
        return List.copyOf(byName.values());
    }

    /**
     * Creates a topic; {@link #find} sees it when this returns.
     *
     * @param configs by Kafka's names
     * @param validateOnly to check everything and create nothing
     */
    public CreateResult create(String name, int partitions, Map<String, String> configs, boolean validateOnly) {
        Optional<CreateResult> refusal = refusal(name, partitions, configs);
        if (refusal.isPresent()) {
            return refusal.get();
        }
        Creation creation = new Creation(name, partitions, configs);
        if (validateOnly) {
            return new CreateResult.Created(creation.another());
        }
        try {
            return commit(creation);
        } catch (MetadataException e) {
            return new CreateResult.Unavailable("topic " + name + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new CreateResult.Unavailable("topic " + name + ": interrupted");
        }
    }

    private Optional<CreateResult> refusal(String name, int partitions, Map<String, String> configs) {
        Optional<String> badName = TopicNames.problem(name);
        if (badName.isPresent()) {
            return badName.map(CreateResult.InvalidName::new);
        }
        if (find(name).isPresent()) {
            return Optional.of(exists(name));
        }
        Optional<Topic> collision = Optional.ofNullable(byCollisionKey.get(TopicNames.collisionKey(name)));
        if (collision.isPresent()) {
            return Optional.of(new CreateResult.InvalidName("Topic '" + name + "' collides with existing topic: "
                    + collision.get().name()));
        }
        if (partitions < 1 || partitions > MAX_PARTITIONS) {
            return Optional.of(new CreateResult.InvalidPartitions(
                    "Number of partitions was " + partitions + ": 1 to " + MAX_PARTITIONS + " are allowed"));
        }
        return TopicConfigs.problem(configs).map(CreateResult.InvalidConfig::new);
    }

    private static CreateResult exists(String name) {
        return new CreateResult.Exists("Topic '" + name + "' already exists.");
    }

    private CreateResult commit(Creation creation) throws InterruptedException {
        TransactionResult result = transactions.run(creation::attempt, creation::appliedAt);
        return switch (result) {
            case TransactionResult.Applied applied -> {
                view.catchUp(applied.revision());
                yield new CreateResult.Created(creation.created());
            }
            case TransactionResult.Refused refused -> {
                view.reload();
                yield exists(creation.name);
            }
            case TransactionResult.Unknown unknown ->
                new CreateResult.Unavailable(
                        "topic " + creation.name + ": " + unknown.cause().getMessage());
        };
    }

    /**
     * The attempts to create a topic, each with an id of its own: after a lost answer somebody may have deleted the topic,
     * and its id must not come back. Confined to one thread.
     */
    private final class Creation {
        private final String name;
        private final int partitions;
        private final Map<String, String> configs;
        private final Map<UUID, Topic> tried = new LinkedHashMap<>();
        private Optional<Topic> found = Optional.empty();

        Creation(String name, int partitions, Map<String, String> configs) {
            this.name = name;
            this.partitions = partitions;
            this.configs = configs;
        }

        Topic another() {
            Topic topic = new Topic(TopicIds.random(environment.random()), name, partitions, configs);
            tried.put(topic.id(), topic);
            return topic;
        }

        Transaction attempt() {
            Topic topic = another();
            String key = environment.keys().topic(name);
            TopicConfig value = TopicConfig.newBuilder()
                    .setName(name)
                    .setTopicId(TopicIds.bytes(topic.id()))
                    .setPartitions(partitions)
                    .putAllConfigs(configs)
                    .build();
            return Transaction.when(Compare.absent(key))
                    .put(key, value.toByteString())
                    .build();
        }

        OptionalLong appliedAt() {
            Optional<KeyValue> mine =
                    entry(name).filter(there -> tried.containsKey(read(there).id()));
            found = mine.map(TopicCatalog::read);
            return mine.map(there -> OptionalLong.of(there.createRevision())).orElseGet(OptionalLong::empty);
        }

        /** The topic of the attempt that was applied. */
        Topic created() {
            return found.orElseGet(() -> List.copyOf(tried.values()).getLast());
        }
    }

    private Optional<KeyValue> entry(String name) {
        String key = environment.keys().topic(name);
        return environment.store().get(List.of(key)).find(key);
    }

    /**
     * Changes what is set for a topic; {@link #find} sees it when this returns.
     *
     * @param change from what is set to what is to be set, by Kafka's names; made twice it makes the same as made once
     * @param validateOnly to check everything and change nothing
     */
    public AlterResult alterConfigs(String name, UnaryOperator<Map<String, String>> change, boolean validateOnly) {
        return editor.edit(name, new TopicEditor.Edit.Settings(change), validateOnly);
    }

    /**
     * Gives a topic more partitions; {@link #find} sees them when this returns.
     *
     * @param count of all its partitions
     * @param validateOnly to check everything and change nothing
     */
    public AlterResult addPartitions(String name, int count, boolean validateOnly) {
        return editor.edit(name, new TopicEditor.Edit.Partitions(count), validateOnly);
    }

    /** Deletes a topic by name; {@link #find} does not see it any more when this returns. */
    public DeleteResult delete(String name) {
        if (TopicNames.problem(name).isPresent()) {
            return new DeleteResult.Unknown();
        }
        try {
            Optional<KeyValue> entry = entry(name);
            return entry.isPresent() ? delete(entry.get()) : new DeleteResult.Unknown();
        } catch (MetadataException e) {
            return new DeleteResult.Unavailable("topic " + name + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new DeleteResult.Unavailable("topic " + name + ": interrupted");
        }
    }

    /** Deletes a topic by id. */
    public DeleteResult delete(UUID id) {
        try {
            if (find(id).isEmpty()) {
                view.reload();
            }
            Optional<Topic> topic = find(id);
            Optional<KeyValue> entry = topic.flatMap(found -> entry(found.name()))
                    .filter(found -> read(found).id().equals(id));
            return entry.isPresent() ? delete(entry.get()) : new DeleteResult.Unknown();
        } catch (MetadataException e) {
            return new DeleteResult.Unavailable("topic id " + TopicIds.text(id) + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new DeleteResult.Unavailable("topic id " + TopicIds.text(id) + ": interrupted");
        }
    }

    /** The states of its partitions go with it, in one transaction; each owner then gives up its own keys. */
    private DeleteResult delete(KeyValue entry) throws InterruptedException {
        Topic topic = read(entry);
        TransactionResult result = transactions.run(
                Transaction.when(Compare.unchanged(entry))
                        .delete(entry.key())
                        .deletePrefix(environment.keys().partitionStates(topic.id()))
                        .build(),
                () -> goneSince(topic));
        return switch (result) {
            case TransactionResult.Applied applied -> {
                view.catchUp(applied.revision());
                yield new DeleteResult.Deleted(topic);
            }
            case TransactionResult.Refused refused -> {
                view.reload();
                yield find(topic.id()).isPresent()
                        ? new DeleteResult.Unavailable("topic " + topic.name() + " is being changed")
                        : new DeleteResult.Unknown();
            }
            case TransactionResult.Unknown unknown ->
                new DeleteResult.Unavailable(
                        "topic " + topic.name() + ": " + unknown.cause().getMessage());
        };
    }

    /** Whoever deleted it, it is gone; the revision that shows it is that of the read. */
    private OptionalLong goneSince(Topic topic) {
        view.reload();
        return find(topic.id()).isPresent() ? OptionalLong.empty() : OptionalLong.of(0);
    }

    private static Topic read(KeyValue entry) {
        try {
            return parse(entry);
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "key " + entry.key() + " cannot be read", e);
        }
    }

    private static Topic parse(KeyValue entry) throws InvalidProtocolBufferException {
        TopicConfig value = TopicConfig.parseFrom(entry.value());
        return new Topic(
                TopicIds.id(value.getTopicId()), value.getName(), value.getPartitions(), value.getConfigsMap());
    }

    /** Follows the topics' keys. */
    private final class Topics implements KeyView.Contents {
        @Override
        public void set(KeyValue entry) throws InvalidProtocolBufferException {
            Topic topic = parse(entry);
            if (!environment.keys().topic(topic.name()).equals(entry.key())) {
                throw new IllegalArgumentException("topic " + topic.name() + " under another's key");
            }
            TopicConfigs.problem(topic.configs())
                    .ifPresent(problem -> LOG.atError()
                            .addKeyValue("key", entry.key())
                            .addKeyValue("problem", problem)
                            .log("topic setting cannot be read; it counts as unset"));
            byId.put(topic.id(), topic);
            byCollisionKey.put(TopicNames.collisionKey(topic.name()), topic);
            Topic before = byName.put(topic.name(), topic);
            if (before != null && !before.id().equals(topic.id())) {
                byId.remove(before.id());
            }
        }

        @Override
        public void delete(String key) {
            Topic gone = byName.remove(key.substring(environment.keys().topics().length()));
            if (gone != null) {
                byId.remove(gone.id());
                byCollisionKey.remove(TopicNames.collisionKey(gone.name()));
            }
        }

        @Override
        public void settled() {
            changed.raise();
        }
    }
}
