// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.process;

import io.kafscale.it.client.ClientProgram;
import io.kafscale.it.client.Scenario;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A version of kafka-clients, in a JVM of its own. Immutable. */
public enum ForeignClient {
    KAFKA_CLIENTS_4("kafka-clients-4"),
    KAFKA_CLIENTS_3_9("kafka-clients-3.9"),
    KAFKA_CLIENTS_2_8("kafka-clients-2.8");

    private final String directory;

    ForeignClient(String directory) {
        this.directory = directory;
    }

    /** A JVM that runs scenarios one after the other. */
    public ClientJvm open() {
        return new ClientJvm(start(List.of()));
    }

    /** A JVM for one scenario; {@code properties} are {@code name=value} for its clients. */
    public ChildProcess start(Scenario scenario, String bootstrap, String name, String... properties) {
        return start(words(scenario, bootstrap, name, properties));
    }

    private ChildProcess start(List<String> arguments) {
        String classPath = Jvm.classPath(directory, Jvm.originOf(ClientProgram.class));
        return ChildProcess.start(
                directory, Jvm.command(classPath, ClientProgram.class.getName(), arguments), Map.of());
    }

    static List<String> words(Scenario scenario, String bootstrap, String name, String... properties) {
        List<String> words = new ArrayList<>(List.of(scenario.name(), bootstrap, name));
        words.addAll(List.of(properties));
        return words;
    }
}
