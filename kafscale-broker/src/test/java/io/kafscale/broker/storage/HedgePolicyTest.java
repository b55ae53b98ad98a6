// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** When calls are made a second time. */
final class HedgePolicyTest {

    private static final long LEAST = 50;

    @Property(tries = 100)
    void neverMoreThanOneCallInTwentyIsMadeTwice(@ForAll long seed) {
        HedgePolicy policy = new HedgePolicy(LEAST);
        Random random = new Random(seed);
        int calls = 0;
        int seconds = 0;
        for (int i = 0; i < 2_000; i++) {
            policy.begin(random.nextInt(1 << 20));
            calls++;
            if (random.nextBoolean() && policy.takeSecond()) {
                seconds++;
            }
            assertThat(seconds * 20).isLessThanOrEqualTo(calls);
        }
    }

    @Property(tries = 100)
    void theDelayIsTheTimeThatFewExceed(@ForAll long seed) {
        HedgePolicy policy = new HedgePolicy(LEAST);
        Random random = new Random(seed);
        long[] last = new long[100];
        for (int i = 0; i < 300; i++) {
            policy.begin(0);
            last[i % 100] = random.nextInt(1_000);
            policy.took(0, last[i % 100]);
        }
        long delay = policy.begin(0).orElseThrow();

        long above = Arrays.stream(last).filter(took -> took > delay).count();
        assertThat(delay).isGreaterThanOrEqualTo(LEAST);
        assertThat(above).isLessThanOrEqualTo(5);
    }

    @Example
    void withoutEnoughCallsThereIsNoDelay() {
        HedgePolicy policy = new HedgePolicy(LEAST);
        for (int i = 0; i < 100; i++) {
            assertThat(policy.begin(0)).isEmpty();
            policy.took(1 << 20, 10); // of another size
        }
        for (int i = 0; i < 20; i++) {
            assertThat(policy.begin(0)).isEmpty();
            policy.took(0, 10);
        }
        assertThat(policy.begin(0)).hasValue(LEAST);
        assertThat(policy.begin(1 << 20)).hasValue(LEAST);
    }
}
