// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.cluster;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.kafscale.broker.metadata.Compare;
import io.kafscale.broker.metadata.KeyValue;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.metadata.Transaction;
import io.kafscale.broker.metadata.TransactionResult;
import io.kafscale.proto.metadata.TopicConfig;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Changes what is stored of a topic: each change is made from what is there, and made anew when somebody else was faster.
 * Thread-safe.
 */
final class TopicEditor {

    private static final int ATTEMPTS = 10;

    private final ClusterEnvironment environment;
    private final KeyView view;
    private final Function<KeyValue, Topic> parse;

    /**
     * An editor of the topics that a view shows.
     *
     * @param parse throws {@link MetadataException} for a value that cannot be read
     */
    TopicEditor(ClusterEnvironment environment, KeyView view, Function<KeyValue, Topic> parse) {
        this.environment = environment;
        this.view = view;
        this.parse = parse;
    }

    /** What is to be done to a topic. */
    sealed interface Edit {

        /** What becomes of a topic, or why nothing does. */
        AlterResult of(Topic before);

        /** Whether nothing is left to be done. */
        boolean isIn(Topic topic);

        /**
         * Sets something else.
         *
         * @param change of the settings; made twice it makes the same as made once
         */
        record Settings(UnaryOperator<Map<String, String>> change) implements Edit {

            @Override
            public AlterResult of(Topic before) {
                Map<String, String> configs = changed(before);
                return TopicConfigs.problem(configs)
                        .<AlterResult>map(AlterResult.InvalidConfig::new)
                        .orElseGet(() -> new AlterResult.Altered(
                                before, new Topic(before.id(), before.name(), before.partitions(), configs)));
            }

            private Map<String, String> changed(Topic topic) {
                return change.apply(new HashMap<>(topic.configs()));
            }

            @Override
            public boolean isIn(Topic topic) {
                return topic.configs().equals(changed(topic));
            }
        }

        /**
         * Adds partitions.
         *
         * @param count of all that the topic is to have
         */
        record Partitions(int count) implements Edit {

            @Override
            public AlterResult of(Topic before) {
                if (count == before.partitions()) {
                    return new AlterResult.InvalidPartitions("Topic already has " + count + " partition(s).");
                }
                if (count < before.partitions()) {
                    return new AlterResult.InvalidPartitions("The topic " + before.name() + " currently has "
                            + before.partitions() + " partition(s); " + count + " would not be an increase.");
                }
                if (count > TopicCatalog.MAX_PARTITIONS) {
                    return new AlterResult.InvalidPartitions("Number of partitions was " + count + ": at most "
                            + TopicCatalog.MAX_PARTITIONS + " are allowed");
                }
                return new AlterResult.Altered(before, new Topic(before.id(), before.name(), count, before.configs()));
            }

            @Override
            public boolean isIn(Topic topic) {
                return topic.partitions() == count;
            }
        }
    }

    /**
     * Changes a topic; the view shows it when this returns.
     *
     * @param validateOnly to check everything and change nothing
     */
    AlterResult edit(String name, Edit edit, boolean validateOnly) {
        if (TopicNames.problem(name).isPresent()) {
            return new AlterResult.Unknown();
        }
        try {
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                Optional<AlterResult> result = editOnce(name, edit, validateOnly);
                if (result.isPresent()) {
                    return result.get();
                }
            }
            return new AlterResult.Unavailable("topic " + name + " is being changed by others");
        } catch (MetadataException e) {
            return new AlterResult.Unavailable("topic " + name + ": " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new AlterResult.Unavailable("topic " + name + ": interrupted");
        }
    }

    /** Empty when somebody else has changed the topic meanwhile. */
    private Optional<AlterResult> editOnce(String name, Edit edit, boolean validateOnly) throws InterruptedException {
        Optional<KeyValue> entry = entry(name);
        if (entry.isEmpty()) {
            return Optional.of(new AlterResult.Unknown());
        }
        Topic before = parse.apply(entry.get());
        AlterResult result = edit.of(before);
        if (!(result instanceof AlterResult.Altered altered) || validateOnly) {
            return Optional.of(result);
        }
        if (altered.after().equals(before)) {
            view.catchUp(entry.get().modRevision());
            return Optional.of(result);
        }
        TransactionResult outcome = environment
                .transactions()
                .run(
                        Transaction.when(Compare.unchanged(entry.get()))
                                .put(entry.get().key(), value(entry.get(), altered.after()))
                                .build(),
                        () -> doneAt(before, edit));
        return switch (outcome) {
            case TransactionResult.Applied applied -> {
                view.catchUp(applied.revision());
                yield Optional.of(result);
            }
            case TransactionResult.Refused refused -> Optional.empty();
            case TransactionResult.Unknown unknown ->
                Optional.of(new AlterResult.Unavailable(
                        "topic " + name + ": " + unknown.cause().getMessage()));
        };
    }

    /** Whoever did it, it is done: others may have changed something else since. */
    private OptionalLong doneAt(Topic before, Edit edit) {
        return entry(before.name())
                .filter(there -> {
                    Topic now = parse.apply(there);
                    return now.id().equals(before.id()) && edit.isIn(now);
                })
                .map(there -> OptionalLong.of(there.modRevision()))
                .orElseGet(OptionalLong::empty);
    }

    private Optional<KeyValue> entry(String name) {
        String key = environment.keys().topic(name);
        return environment.store().get(List.of(key)).find(key);
    }

    /** What a newer version stored beside it stays. */
    private static ByteString value(KeyValue entry, Topic after) {
        try {
            return TopicConfig.parseFrom(entry.value()).toBuilder()
                    .setPartitions(after.partitions())
                    .clearConfigs()
                    .putAllConfigs(after.configs())
                    .build()
                    .toByteString();
        } catch (InvalidProtocolBufferException e) {
            throw new MetadataException(MetadataException.Kind.CORRUPT, "key " + entry.key() + " cannot be read", e);
        }
    }
}
