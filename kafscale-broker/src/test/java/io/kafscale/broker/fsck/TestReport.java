// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.storage.ObjectInfo;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Keeps what it is told. Confined to one thread. */
final class TestReport implements Report {

    final List<String> notes = new ArrayList<>();
    final List<String> problems = new ArrayList<>();
    final List<String> orphans = new ArrayList<>();
    final List<String> unknown = new ArrayList<>();
    final List<String> advice = new ArrayList<>();
    final Map<String, Long> totals = new LinkedHashMap<>();

    @Override
    public void note(String text) {
        notes.add(text);
    }

    @Override
    public void problem(String kind, String subject, String detail) {
        problems.add(kind + ": " + subject + ": " + detail);
    }

    @Override
    public void orphan(ObjectInfo object) {
        orphans.add(object.key().value());
    }

    @Override
    public void unknownName(ObjectInfo object) {
        unknown.add(object.key().value());
    }

    @Override
    public void summary(List<Total> all, List<String> what) {
        all.forEach(total -> totals.put(total.name(), total.value()));
        advice.addAll(what);
    }
}
