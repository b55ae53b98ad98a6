// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.fsck;

import io.kafscale.broker.metadata.PartitionId;
import io.kafscale.proto.metadata.PartitionState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Whether the chunks of a partition are a log, by the rules of recovery: from max(log start, sealed-through) on they join
 * without a hole, the first may begin before, leader epochs do not fall and none is above that of the state. Stateless.
 */
final class ChainCheck {

    private ChainCheck() {}

    /** A chunk as a commit record names it. Immutable. */
    record Link(long baseOffset, long endOffset, int leaderEpoch, String object) {}

    static List<Problem> check(String name, PartitionId id, PartitionState state, List<Link> links) {
        long start = Math.max(state.getLogStart(), state.getSealedThrough());
        List<Link> kept = links.stream()
                .filter(link -> link.endOffset() > start)
                .sorted(Comparator.comparingLong(Link::baseOffset).thenComparingLong(Link::endOffset))
                .toList();
        List<Problem> problems = new ArrayList<>();
        long due = start;
        int epoch = 0;
        for (Link link : kept) {
            boolean straddles = due == start && link.baseOffset() < start;
            if (link.baseOffset() > due) {
                problems.add(new Problem(
                        Problem.Kind.HOLE,
                        name,
                        "offsets " + due + " to " + (link.baseOffset() - 1) + " are in no object; object "
                                + link.object() + " goes on from there"));
            } else if (link.baseOffset() < due && !straddles) {
                problems.add(new Problem(
                        Problem.Kind.OVERLAP,
                        name,
                        "object " + link.object() + " has offsets " + link.baseOffset() + " to "
                                + (link.endOffset() - 1) + ", where offset " + due + " is due"));
            }
            if (link.leaderEpoch() < epoch || link.leaderEpoch() > state.getLeaderEpoch()) {
                problems.add(new Problem(
                        Problem.Kind.EPOCH,
                        name,
                        "object " + link.object() + " has offsets from " + link.baseOffset() + " of leader epoch "
                                + link.leaderEpoch() + ", which is not from " + epoch + " to "
                                + state.getLeaderEpoch()));
            }
            due = Math.max(due, link.endOffset());
            epoch = Math.max(epoch, link.leaderEpoch());
        }
        return problems;
    }
}
