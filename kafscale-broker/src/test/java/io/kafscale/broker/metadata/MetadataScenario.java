// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import com.google.protobuf.ByteString;
import java.util.Random;

/** Transactions that touch a few keys in every way, the same for the same seed. Confined to one thread. */
final class MetadataScenario {

    private static final int KEYS = 12;

    private final Random random;

    MetadataScenario(long seed) {
        this.random = new Random(seed);
    }

    /** The next transaction; all its compares hold. It always changes something. */
    Transaction next() {
        Transaction.Builder builder = Transaction.when();
        boolean prefixed = random.nextInt(6) == 0;
        for (int key = 0; key < KEYS; key++) {
            String name = (key < KEYS / 2 ? "a/" : "b/") + key;
            boolean deletedByPrefix = prefixed && name.startsWith("b/");
            switch (random.nextInt(6)) {
                case 0 -> {
                    if (!deletedByPrefix) {
                        builder.put(name, value());
                    }
                }
                case 1 -> builder.delete(name);
                default -> {
                    // left as it is
                }
            }
        }
        if (prefixed) {
            builder.deletePrefix("b/");
        }
        return builder.put("counter", value()).build();
    }

    /** Some bytes, among them many zeros and sometimes so many that they fill several sectors. */
    private ByteString value() {
        byte[] bytes = new byte[random.nextInt(8) == 0 ? 1500 : random.nextInt(40)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (random.nextBoolean() ? 0 : random.nextInt());
        }
        return ByteString.copyFrom(bytes);
    }
}
