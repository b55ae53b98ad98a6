// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.network.ConnectionPermits.Permit;
import io.kafscale.broker.time.SystemThreads;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How many may be connected, in all and from one address. */
@Timeout(30)
class ConnectionPermitsTest {

    private final ConnectionPermits permits = new ConnectionPermits(new NetworkLimits.Connections(3, 2));

    private static InetAddress address(int last) throws UnknownHostException {
        return InetAddress.getByAddress(new byte[] {10, 0, 0, (byte) last});
    }

    @Test
    void limitsEachAddressByItself() throws Exception {
        try (Permit first = permits.take().orElseThrow();
                Permit second = permits.take().orElseThrow()) {
            assertThat(first.bind(address(1))).isTrue();
            assertThat(second.bind(address(1))).isTrue();
            try (Permit third = permits.take().orElseThrow()) {
                assertThat(third.bind(address(1))).isFalse();
            }
            try (Permit other = permits.take().orElseThrow()) {
                assertThat(other.bind(address(2))).isTrue();
            }
        }
        try (Permit again = permits.take().orElseThrow()) {
            assertThat(again.bind(address(1))).isTrue();
        }
    }

    @Test
    void makesTheNextOneWaitUntilAPermitIsBack() throws Exception {
        assertThat(permits.take()).isPresent();
        assertThat(permits.take()).isPresent();
        Permit third = permits.take().orElseThrow();
        CountDownLatch taken = new CountDownLatch(1);
        try (SystemThreads threads = new SystemThreads()) {
            Thread waiting = start(threads, taken, new AtomicBoolean());
            while (waiting.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            assertThat(taken.getCount()).isEqualTo(1);
            third.close();
            taken.await();
        }
    }

    @Test
    void givesNoMoreOnceItIsClosed() throws Exception {
        assertThat(permits.take()).isPresent();
        assertThat(permits.take()).isPresent();
        assertThat(permits.take()).isPresent();
        CountDownLatch done = new CountDownLatch(1);
        AtomicBoolean refused = new AtomicBoolean();
        try (SystemThreads threads = new SystemThreads()) {
            Thread waiting = start(threads, done, refused);
            while (waiting.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            permits.close();
            done.await();
        }
        assertThat(refused).isTrue();
        assertThat(permits.take()).isEmpty();
    }

    private Thread start(SystemThreads threads, CountDownLatch done, AtomicBoolean refused) {
        return threads.start("waiting", () -> {
            try {
                refused.set(permits.take().isEmpty());
                done.countDown();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }
}
