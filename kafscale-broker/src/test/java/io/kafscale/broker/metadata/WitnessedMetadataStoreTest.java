// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class WitnessedMetadataStoreTest extends LocalMetadataStoreContract {

    private static final ByteString VALUE = ByteString.copyFromUtf8("v");

    @Override
    protected WitnessedMetadataStore open() {
        return new WitnessedMetadataStore(new MemoryMetadataStore(clock), List.of("/lasting/", "/heads/"));
    }

    @Test
    void remembersTheNewestThatWasAppliedToAKeyThatLasts() {
        try (WitnessedMetadataStore store = open()) {
            assertThat(store.newest()).isEmpty();
            store.commit(Transaction.when()
                    .put("/other", VALUE)
                    .put("/heads/one", VALUE)
                    .build());
            store.commit(Transaction.when().put("/lasting/two", VALUE).build());

            store.commit(Transaction.when().put("/other", VALUE).build());
            store.commit(Transaction.when(Compare.absent("/other"))
                    .put("/heads/one", VALUE)
                    .build());

            assertThat(store.newest()).isEqualTo(Optional.of(new Witness("/lasting/two", 2)));
        }
    }

    @Test
    void isBorneOutByWhatIsThereSinceThen() {
        try (WitnessedMetadataStore store = open();
                MemoryMetadataStore old = new MemoryMetadataStore(clock)) {
            Transaction put = Transaction.when().put("/heads/one", VALUE).build();
            old.commit(put);
            store.commit(put);
            store.commit(put);
            Witness witness = store.newest().orElseThrow();

            assertThat(witness.isBorneOutBy(store.range("/"), "/ended")).isTrue();
            assertThat(witness.isBorneOutBy(old.range("/"), "/ended")).isFalse();
            assertThat(witness.isBorneOutBy(store.range("/other"), "/ended")).isFalse();
            store.commit(put);
            assertThat(witness.isBorneOutBy(store.range("/"), "/ended")).isTrue();
        }
    }
}
