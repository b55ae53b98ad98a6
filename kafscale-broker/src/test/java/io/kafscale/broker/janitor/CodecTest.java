// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.janitor;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.broker.storage.ObjectKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the janitor writes is read back, and nothing else is taken for it. */
final class CodecTest {

    private static final RootNames NAMES = new RootNames(new ObjectKey("default/test"));

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void identitiesAreReadBack() {
        BucketIdentity identity = new BucketIdentity("AbC_-9", "my.cluster", 1, "2026-01-02T03:04:05Z");

        assertThat(BucketIdentity.parse(identity.toBytes())).contains(identity);
        assertThat(BucketIdentity.parse(bytes("{\"format_version\":1,\"uuid\":\"x\"}")))
                .contains(new BucketIdentity("x", "", 1, ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "{\"uuid\": \"x\"}",
                "{\"uuid\": \"\", \"format_version\": 1}",
                "{\"uuid\": \"x\", \"format_version\": 0}",
                "{\"uuid\": \"x\", \"format_version\": 99999999999}",
                "{\"uuid\": \"x\" \"format_version\": 1}",
                "{\"uuid\": \"x\", \"format_version\": 1",
                "[\"uuid\"]"
            })
    void otherTextsAreNoIdentities(String text) {
        assertThat(BucketIdentity.parse(bytes(text))).isEmpty();
    }

    @Test
    void referencesAreReadBackUnlessTheyAreDamaged() {
        UUID topic = new UUID(1, 2);
        References references = new References(
                "uuid",
                Set.of("default/test/shared/a", "default/test/shared/b"),
                Set.of(topic),
                Map.of(new PartitionId(topic, 3), new References.Kept(4, "newest")));
        ByteBuffer written = references.toBytes();

        assertThat(References.parse(written.duplicate())).contains(references);
        for (int i = 0; i < written.remaining(); i++) {
            ByteBuffer damaged = ByteBuffer.allocate(written.remaining())
                    .put(written.duplicate())
                    .flip();
            damaged.put(i, (byte) (damaged.get(i) ^ 4));
            assertThat(References.parse(damaged)).as("byte %s", i).isEmpty();
            assertThat(References.parse(written.slice(0, i))).isEmpty();
        }
    }

    @Test
    void namesAreReadBack() {
        assertThat(NAMES.counterIn(NAMES.counter(17))).hasValue(17);
        assertThat(NAMES.isReferenceSnapshot(NAMES.referenceSnapshot(17))).isTrue();
        assertThat(NAMES.sharedIn(new ObjectKey("default/test/shared/0-abc/00000000000000000042-0123456789abcdef.kso")))
                .contains(new RootNames.Shared("0-abc", 42));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "default/test/shared/0-abc/42-0123456789abcdef.kso",
                "default/test/shared/0-abc/00000000000000000042-0123456789abcdef.ksx",
                "default/test/shared/0-abc/x/00000000000000000042-0123456789abcdef.kso",
                "default/test/shared/0-abc/99999999999999999999-0123456789abcdef.kso",
                "default/test2/shared/0-abc/00000000000000000042-0123456789abcdef.kso",
                "default/test/counter/17",
                "default/test/janitor/references-17.pb",
                "default/test/janitor/references-"
            })
    void otherNamesAreUnknown(String key) {
        assertThat(NAMES.sharedIn(new ObjectKey(key))).isEmpty();
        assertThat(NAMES.counterIn(new ObjectKey(key))).isEmpty();
        assertThat(NAMES.isReferenceSnapshot(new ObjectKey(key))).isFalse();
    }
}
