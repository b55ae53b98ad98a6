// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class LeaderEpochsTest {

    private final LeaderEpochs epochs = new LeaderEpochs();

    @Test
    void anEpochEndsWhereTheNextBegins() {
        epochs.begin(3, 10);
        epochs.begin(5, 100);
        epochs.begin(8, 100);

        assertThat(epochs.endOf(3, 170)).isEqualTo(new EpochEnd(3, 100));
        assertThat(epochs.endOf(4, 170)).isEqualTo(new EpochEnd(3, 100));
        assertThat(epochs.endOf(5, 170)).isEqualTo(new EpochEnd(5, 100));
        assertThat(epochs.endOf(8, 170)).isEqualTo(new EpochEnd(8, 170));
    }

    @Test
    void anEpochBelowAllEndsWhereTheFirstBegins() {
        epochs.begin(3, 10);
        epochs.begin(5, 100);

        assertThat(epochs.endOf(1, 170)).isEqualTo(new EpochEnd(1, 10));
    }

    @Test
    void anEpochAboveAllIsNotKnown() {
        epochs.begin(3, 10);

        assertThat(epochs.endOf(4, 170)).isEqualTo(new EpochEnd(-1, -1));
        assertThat(epochs.endOf(-1, 170)).isEqualTo(new EpochEnd(-1, -1));
    }

    @Test
    void theFirstBeginningCounts() {
        epochs.begin(3, 10);
        epochs.begin(3, 20);
        epochs.begin(4, 30);

        assertThat(epochs.endOf(2, 40)).isEqualTo(new EpochEnd(2, 10));
        assertThatThrownBy(() -> epochs.begin(2, 40)).isInstanceOf(IllegalStateException.class);
    }
}
