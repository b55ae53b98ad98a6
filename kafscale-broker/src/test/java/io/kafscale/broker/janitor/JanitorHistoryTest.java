// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.time.ManualClock;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a cluster does, and whenever a janitor looks: no object is deleted that is needed or has not been useless for the
 * grace, and in the end all garbage is gone. While a janitor lists or is about to delete, everything else goes on, other
 * janitors included.
 */
@Timeout(300)
final class JanitorHistoryTest {

    private static final int STEPS = 400;
    private static final ObjectKey STRANGER = new ObjectKey("default/test/shared/notes.txt");
    private static final ObjectKey NEIGHBOUR =
            new ObjectKey("default/test2/shared/0-0/00000000000000000001-0000000000000001.kso");

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 20);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void onlyGarbageIsDeletedAndAllOfIt(long seed) {
        ManualClock clock = new ManualClock();
        MemoryObjectStore objects = new MemoryObjectStore(clock);
        WatchedObjects watched = new WatchedObjects(objects);
        try (GarbageWorld world = new GarbageWorld(seed, clock, new MemoryMetadataStore(clock), objects)) {
            for (int i = 0; i < 3; i++) {
                world.broker(world.metadata, watched).janitor.look();
            }
            for (ObjectKey key : List.of(STRANGER, NEIGHBOUR)) {
                watched.put(key, List.of(ByteBuffer.allocate(1)));
            }
            History history = new History(world);
            watched.beforeDelete = keys -> {
                world.checkDeletion(keys);
                history.meanwhile();
                world.checkDeletion(keys);
            };
            watched.afterList = history::meanwhile;
            for (int step = 0; step < STEPS; step++) {
                history.step();
                world.checkNothingLost();
            }
            watched.afterList = () -> {};
            watched.beforeDelete = world::checkDeletion;
            assertThat(world.garbage()).isPositive();
            world.commitAll();

            world.work(GarbageWorld.GRACE.plusHours(3));

            world.checkNothingLost();
            world.checkNothingLeft();
            assertThat(world.all()).contains(STRANGER.value(), NEIGHBOUR.value());
            assertThat(world.brokers)
                    .extracting(broker -> broker.janitor.unknownNames())
                    .contains(1);
        }
    }

    /** What happens, by chance. Confined to the test's thread. */
    private static final class History {
        private final GarbageWorld world;
        private final Random random;
        private int depth;

        private History(GarbageWorld world) {
            this.world = world;
            this.random = world.random;
        }

        /** Some of it happens within something else. */
        private void meanwhile() {
            if (depth < 2 && random.nextInt(8) == 0) {
                depth++;
                step();
                step();
                depth--;
            }
        }

        private void step() {
            GarbageWorld.Broker broker = world.brokers.get(random.nextInt(world.brokers.size()));
            switch (random.nextInt(24)) {
                case 0, 1, 2, 3 -> broker.flush();
                case 4, 5, 6, 7 -> broker.commit();
                case 8, 9 -> broker.merge(this::meanwhile);
                case 10 -> broker.drop();
                case 11 -> world.createTopic();
                case 12, 13 ->
                    world.anyTopic().ifPresent(topic -> world.seal(topic, random.nextInt(5) == 0, this::meanwhile));
                case 14 -> world.anyTopic().ifPresent(world::trim);
                case 15 -> {
                    if (random.nextInt(3) == 0) {
                        world.anyTopic().ifPresent(world::delete);
                    }
                }
                case 16 -> {
                    if (random.nextInt(4) == 0) {
                        broker.die();
                    }
                }
                case 17 -> broker.restartJanitor();
                case 18 -> rest();
                default -> look(broker);
            }
        }

        private void look(GarbageWorld.Broker broker) {
            world.clock.advance(Duration.ofMinutes(random.nextInt(40)));
            broker.janitor.look();
            broker.janitor.sweep();
        }

        /** A night in which nobody does anything, or the metadata does not answer: what is under way waits. */
        private void rest() {
            if (random.nextInt(4) == 0) {
                world.clock.advance(Duration.ofHours(random.nextInt(30)));
            }
        }
    }
}
