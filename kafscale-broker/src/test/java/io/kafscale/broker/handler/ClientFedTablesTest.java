// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * A client chooses what goes into the tables of a handler, and could choose keys of one hash. {@code HashSet} and {@code HashMap}
 * put such keys in order if they can be compared; the tables of {@code Set.copyOf} and {@code Map.copyOf} try each.
 */
class ClientFedTablesTest {

    private static final Set<String> UNSEEDED = Set.of(Set.class.getName(), Map.class.getName());

    private final JavaClasses handlers = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.kafscale.broker.handler");

    @Test
    void noHandlerCopiesIntoATableThatTriesEachKey() {
        List<String> calls = handlers.stream()
                .flatMap(type -> type.getCodeUnitAccessesFromSelf().stream())
                .filter(access -> UNSEEDED.contains(access.getTargetOwner().getName()))
                .filter(access -> access.getName().equals("copyOf"))
                .map(JavaCodeUnitAccess::getDescription)
                .toList();

        assertThat(calls).isEmpty();
        assertThat(handlers).isNotEmpty();
    }
}
