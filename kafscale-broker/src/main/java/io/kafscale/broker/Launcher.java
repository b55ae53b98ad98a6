// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

/**
 * What {@code java -jar} starts first: says in a sentence when the JVM is too old for everything else. The only class that
 * is compiled for Java 8. Stateless.
 */
public final class Launcher {

    private static final int LEAST = 21;

    private Launcher() {}

    /** Hands over to {@link Main} where that can be loaded. */
    public static void main(String[] arguments) throws ReflectiveOperationException {
        String version = System.getProperty("java.specification.version", "");
        if (!canRun(version)) {
            System.err.println("kafscale-broker: needs Java " + LEAST + " or newer, and this is Java " + version + " ("
                    + System.getProperty("java.home") + ")");
            System.exit(1);
        }
        Class.forName("io.kafscale.broker.Main")
                .getMethod("main", String[].class)
                .invoke(null, (Object) arguments);
    }

    /** Versions up to 8 are written {@code 1.8}, later ones as one number. */
    static boolean canRun(String version) {
        try {
            return Integer.parseInt(version) >= LEAST;
        } catch (NumberFormatException e) {
            return false;
        }
    }
}
