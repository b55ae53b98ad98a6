// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.segment.SegmentName;
import io.kafscale.broker.storage.ObjectKey;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names of all objects of a cluster. Immutable. */
record BucketNames(ObjectKey root) {

    private static final Pattern SHARED =
            Pattern.compile("shared/(?<incarnation>[A-Za-z0-9._-]+)/(?<sequence>\\d{20})-[0-9a-f]{16}\\.kso");
    private static final Pattern BACKUP = Pattern.compile("metadata/(?<number>\\d{20})\\.pb");
    private static final Pattern FURNITURE =
            Pattern.compile("cluster\\.json|counter/\\d{20}|janitor/references-\\d{20}\\.pb|probe/.*");

    /** What the keys of all objects begin with. */
    String all() {
        return root + "/";
    }

    String shared() {
        return root + "/shared/";
    }

    String segments() {
        return root + "/topics/";
    }

    ObjectKey shared(String incarnation, long sequence, long distinction) {
        return new ObjectKey("%s%s/%020d-%016x.kso".formatted(shared(), incarnation, sequence, distinction));
    }

    String backups() {
        return root + "/metadata/";
    }

    ObjectKey backup(long number) {
        return new ObjectKey(backups() + "%020d.pb".formatted(number));
    }

    ObjectName parse(ObjectKey key) {
        if (!key.value().startsWith(all())) {
            return new ObjectName.Unknown();
        }
        String name = key.value().substring(all().length());
        Optional<SegmentName> segment = SegmentName.parse(root, key);
        if (segment.isPresent()) {
            return new ObjectName.Sealed(segment.get(), !SegmentName.isSegment(key));
        }
        try {
            return parse(name);
        } catch (NumberFormatException e) {
            return new ObjectName.Unknown(); // twenty digits may be more than a number of ours
        }
    }

    private static ObjectName parse(String name) {
        Matcher shared = SHARED.matcher(name);
        if (shared.matches()) {
            return new ObjectName.Shared(shared.group("incarnation"), Long.parseLong(shared.group("sequence")));
        }
        Matcher backup = BACKUP.matcher(name);
        if (backup.matches()) {
            return new ObjectName.Backup(Long.parseLong(backup.group("number")));
        }
        return FURNITURE.matcher(name).matches() ? new ObjectName.Furniture() : new ObjectName.Unknown();
    }
}
