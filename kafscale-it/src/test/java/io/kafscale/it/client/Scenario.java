// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.client;

import com.google.errorprone.annotations.Immutable;

/** What a {@link ClientProgram} can be told to do. Immutable. */
public enum Scenario {
    ROUND_TRIP(RoundTrip::run),
    LARGE_RECORDS(LargeRecords::run),
    SEEK(Positions::seek),
    PAUSE(Positions::pause),
    OFFSETS_BY_TIME(Positions::offsetsByTime),
    OFFSET_OUT_OF_RANGE(Positions::offsetOutOfRange),
    COMMITTED_OFFSETS(Groups::committedOffsets),
    STATIC_MEMBERS(Groups::staticMembers),
    MEMBER(Member::run),
    ADMIN_TOPICS(AdminCalls::topics),
    ADMIN_CONFIGS(AdminCalls::configs),
    ADMIN_GROUPS(AdminCalls::groups),
    TRANSACTION_IS_REFUSED(Transactions::areRefused);

    private final Steps steps;

    Scenario(Steps steps) {
        this.steps = steps;
    }

    void run(Session session) throws Exception {
        steps.run(session);
    }

    @Immutable
    private interface Steps {
        void run(Session session) throws Exception;
    }
}
