// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker;

import java.util.Optional;

/** The command line of the broker. Stateless. */
public final class Main {
    private Main() {}

    /** Prints the version, whatever {@code arguments} say. */
    public static void main(String[] arguments) {
        String version = Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
                .orElse("unpackaged");
        System.out.println("kafscale-broker " + version);
    }
}
