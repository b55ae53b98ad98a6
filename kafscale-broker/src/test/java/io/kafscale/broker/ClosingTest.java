// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ClosingTest {

    private final List<String> closed = new ArrayList<>();
    private final Closing closing = new Closing();

    @Test
    void closesInReverseAndOnce() {
        closing.add("first", () -> closed.add("first"));
        closing.add("second", () -> closed.add("second"));

        closing.close();
        closing.close();

        assertThat(closed).containsExactly("second", "first");
    }

    @Test
    void aPartThatFailsKeepsNoOtherFromClosing() {
        closing.add("first", () -> closed.add("first"));
        closing.add("second", () -> {
            throw new IllegalStateException("a failure, made on purpose");
        });

        closing.close();

        assertThat(closed).containsExactly("first");
    }
}
