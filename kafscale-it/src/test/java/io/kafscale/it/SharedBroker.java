// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import io.kafscale.it.process.BrokerProcess;
import io.kafscale.it.process.BrokerSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests a {@link Bootstrap}: one broker process for all of them, which must still be healthy after each. With
 * {@code -Dkafscale.it.bootstrap=HOST:PORT} it is a broker that runs already, such as Apache Kafka: what passes there and fails
 * here is our fault, what fails there is the test's. Thread-safe.
 */
public final class SharedBroker implements ParameterResolver, AfterEachCallback {
    private static final Namespace NAMESPACE = Namespace.create(SharedBroker.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Bootstrap.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return running(context).bootstrap();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        running(context).assertHealthy();
    }

    private static Running running(ExtensionContext context) {
        return context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent(Running.class, key -> Running.begin(), Running.class);
    }

    /** The broker, closed when all tests are over. */
    private record Running(Bootstrap bootstrap, Optional<BrokerProcess> process) implements AutoCloseable {
        static Running begin() {
            String foreign = System.getProperty("kafscale.it.bootstrap", "");
            if (!foreign.isEmpty()) {
                return new Running(new Bootstrap(foreign, true), Optional.empty());
            }
            try {
                BrokerSettings settings = BrokerSettings.in(Files.createTempDirectory("kafscale-it"));
                BrokerProcess process = BrokerProcess.started("shared-broker", settings);
                return new Running(new Bootstrap(process.bootstrap(), false), Optional.of(process));
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }

        void assertHealthy() {
            process.ifPresent(BrokerProcess::assertHealthy);
        }

        @Override
        public void close() {
            process.ifPresent(broker -> {
                broker.close();
                deleteAll(broker.dataDirectory());
            });
        }

        private static void deleteAll(Path directory) {
            try (Stream<Path> paths = Files.walk(directory)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
    }
}
