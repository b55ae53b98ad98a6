// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class EtcdVersionTest {

    private static EtcdVersion version(String text) {
        return EtcdVersion.parse(text).orElseThrow();
    }

    @Test
    void tellsTooOldFromUsableFromRecommended() {
        for (String tooOld : List.of("2.3.8", "3.4.23", "3.5.2")) {
            assertThat(version(tooOld).isTooOld()).as(tooOld).isTrue();
        }
        for (String usable : List.of("3.5.3", "3.5.27", "3.6.0", "3.6.8")) {
            assertThat(version(usable).isTooOld()).as(usable).isFalse();
            assertThat(version(usable).isRecommended()).as(usable).isFalse();
        }
        for (String good : List.of("3.5.28", "3.5.30", "3.6.9", "3.6.16", "3.7.0", "4.0.0", "3.6.10-rc.1")) {
            assertThat(version(good).isRecommended()).as(good).isTrue();
        }
    }

    @Test
    void knowsNoOtherTexts() {
        assertThat(EtcdVersion.parse("unknown")).isEmpty();
        assertThat(EtcdVersion.parse("")).isEmpty();
    }
}
