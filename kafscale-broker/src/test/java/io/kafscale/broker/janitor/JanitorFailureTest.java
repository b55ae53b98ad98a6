// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.faults.Fault;
import io.kafscale.broker.faults.FaultPlan;
import io.kafscale.broker.metadata.FaultyMetadataStore;
import io.kafscale.broker.metadata.MemoryMetadataStore;
import io.kafscale.broker.metadata.MetadataException;
import io.kafscale.broker.storage.FaultyObjectStore;
import io.kafscale.broker.storage.MemoryObjectStore;
import io.kafscale.broker.storage.StorageException;
import io.kafscale.broker.time.ManualClock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever call of either store fails while a janitor sweeps: nothing is lost, and a later sweep deletes what is left. */
@Timeout(120)
final class JanitorFailureTest {

    static List<Fault> faults() {
        return List.of(
                new Fault.FailBefore(), new Fault.FailAfter(), new Fault.Lost(), new Fault.Full(), new Fault.Late(3));
    }

    @ParameterizedTest
    @MethodSource("faults")
    void anyCallMayFail(Fault fault) {
        FaultPlan dry = FaultPlan.none();
        play(dry);
        assertThat(dry.calls()).isGreaterThan(30);

        for (long n = 1; n <= dry.calls(); n++) {
            FaultPlan plan = FaultPlan.none().failing(n, fault);
            try {
                play(plan);
            } catch (AssertionError e) {
                throw new AssertionError("with " + plan.happened(), e);
            }
        }
    }

    private static void play(FaultPlan plan) {
        ManualClock clock = new ManualClock();
        MemoryObjectStore objects = new MemoryObjectStore(clock);
        WatchedObjects watched = new WatchedObjects(objects);
        try (GarbageWorld world = new GarbageWorld(7, clock, new MemoryMetadataStore(clock), objects)) {
            watched.beforeDelete = world::checkDeletion;
            GarbageWorld.Broker other = world.broker(world.metadata, watched);
            GarbageWorld.Broker broker = world.broker(
                    new FaultyMetadataStore(world.metadata, plan, clock), new FaultyObjectStore(watched, plan, clock));
            other.janitor.look();
            fill(world, broker);
            fill(world, other);
            other.die();
            for (int i = 0; i < 3; i++) {
                clock.advance(Duration.ofMinutes(30));
                sweep(broker);
            }
            clock.advance(GarbageWorld.GRACE);
            for (int i = 0; i < 3; i++) {
                clock.advance(Duration.ofMinutes(10));
                sweep(broker);
                world.checkNothingLost();
            }
            plan.cut();
            broker.die();

            world.brokers.remove(broker);
            world.work(GarbageWorld.GRACE.plusHours(3));

            world.checkNothingLost();
            world.checkNothingLeft();
        }
    }

    private static void fill(GarbageWorld world, GarbageWorld.Broker broker) {
        world.createTopic();
        for (int i = 0; i < 8; i++) {
            broker.flush();
            broker.commit();
            world.anyTopic().ifPresent(topic -> world.seal(topic, false, () -> {}));
        }
        broker.merge(() -> {});
        broker.flush();
        world.anyTopic().ifPresent(world::trim);
        world.createTopic();
        world.anyTopic().ifPresent(world::delete);
    }

    private static void sweep(GarbageWorld.Broker broker) {
        try {
            broker.janitor.look();
            broker.janitor.sweep();
        } catch (MetadataException | StorageException e) {
            // as the janitor's own loop: another time
        }
    }
}
