// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import io.kafscale.it.process.BrokerProcess;
import io.kafscale.it.process.BrokerSettings;
import io.kafscale.it.process.ServerPrograms;
import io.kafscale.it.servers.ClusterStores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests a {@link Bootstrap}: one broker process for all of them, and another one on real stores for those that are
 * {@link OnStores}, which must still be healthy after each, with its {@link SharedStores} for who asks. With
 * {@code -Dkafscale.it.bootstrap=HOST:PORT} it is a broker that runs already, such as Apache Kafka: what passes there and fails
 * here is our fault, what fails there is the test's. Thread-safe.
 */
public final class SharedBroker implements ExecutionCondition, ParameterResolver, AfterEachCallback {
    private static final Namespace NAMESPACE = Namespace.create(SharedBroker.class);

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == Bootstrap.class || type == SharedStores.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Running running = running(context);
        return parameter.getParameter().getType() == Bootstrap.class ? running.bootstrap() : running.sharedStores();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        running(context).assertHealthy();
    }

    /** Classes that need stores are skipped, or fail, as a whole. */
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        Optional<String> missing = isOnStores(context)
                ? ServerPrograms.whyMissing("versitygw", "get-s3.sh")
                        .or(() -> ServerPrograms.whyMissing("etcd", "get-etcd.sh"))
                : Optional.empty();
        return missing.map(ConditionEvaluationResult::disabled)
                .orElseGet(() -> ConditionEvaluationResult.enabled("what it needs is there"));
    }

    private static boolean isOnStores(ExtensionContext context) {
        return context.getRequiredTestClass().isAnnotationPresent(OnStores.class);
    }

    private static Running running(ExtensionContext context) {
        boolean onStores = isOnStores(context);
        return context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent(onStores, key -> Running.begin(onStores), Running.class);
    }

    /** The broker and what it stands on, closed when all tests are over. */
    private record Running(
            Bootstrap bootstrap, Optional<BrokerProcess> process, Optional<ClusterStores> stores, Optional<Path> folder)
            implements AutoCloseable {
        static Running begin(boolean onStores) {
            String foreign = System.getProperty("kafscale.it.bootstrap", "");
            if (!foreign.isEmpty()) {
                return new Running(new Bootstrap(foreign, true), Optional.empty(), Optional.empty(), Optional.empty());
            }
            try {
                Path folder = Files.createTempDirectory("kafscale-it");
                Optional<ClusterStores> stores =
                        onStores ? Optional.of(ClusterStores.started(folder, 1)) : Optional.empty();
                BrokerProcess process = BrokerProcess.started(
                        onStores ? "shared-on-stores" : "shared-broker",
                        stores.map(ClusterStores::settings).orElseGet(() -> BrokerSettings.in(folder)));
                return new Running(
                        new Bootstrap(process.bootstrap(), false), Optional.of(process), stores, Optional.of(folder));
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }

        SharedStores sharedStores() {
            return new SharedStores(
                    process.orElseThrow(), stores.map(ClusterStores::settings).orElseThrow());
        }

        void assertHealthy() {
            process.ifPresent(BrokerProcess::assertHealthy);
        }

        @Override
        public void close() {
            process.ifPresent(BrokerProcess::close);
            stores.ifPresent(ClusterStores::close);
            folder.ifPresent(Running::deleteAll);
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
