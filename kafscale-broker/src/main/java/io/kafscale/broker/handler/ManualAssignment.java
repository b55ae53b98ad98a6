// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;

/**
 * Checks a creator's own assignment of partitions to brokers as Apache Kafka does. It then only states the number of
 * partitions: any broker can serve any partition, so placement stays the cluster's. Stateless.
 */
final class ManualAssignment {
    private ManualAssignment() {}

    /** What is wrong with it; empty when nothing is. */
    static Optional<String> problem(Collection<CreatableReplicaAssignment> assignments, ClusterView view) {
        Set<Integer> partitions = new HashSet<>();
        int replicas = assignments.iterator().next().brokerIds().size();
        for (CreatableReplicaAssignment assignment : assignments) {
            int partition = assignment.partitionIndex();
            if (!partitions.add(partition)) {
                return Optional.of("partition " + partition + " is assigned twice");
            }
            if (partition < 0 || partition >= assignments.size()) {
                return Optional.of("partitions must be numbered from 0 without a gap, but one is " + partition);
            }
            if (assignment.brokerIds().size() != replicas) {
                return Optional.of("partitions have different numbers of replicas");
            }
            Optional<String> problem = problemOf(partition, assignment.brokerIds(), view);
            if (problem.isPresent()) {
                return problem;
            }
        }
        return Optional.empty();
    }

    /**
     * What is wrong with an assignment of partitions that follow each other; empty when nothing is.
     *
     * @param first the number of the first of them
     * @param brokers of each, at least of one
     */
    static Optional<String> problem(int first, List<List<Integer>> brokers, ClusterView view) {
        for (int i = 0; i < brokers.size(); i++) {
            Optional<String> problem = brokers.get(i).size() == brokers.get(0).size()
                    ? problemOf(first + i, brokers.get(i), view)
                    : Optional.of("partitions have different numbers of replicas");
            if (problem.isPresent()) {
                return problem;
            }
        }
        return Optional.empty();
    }

    private static Optional<String> problemOf(int partition, List<Integer> brokers, ClusterView view) {
        if (brokers.isEmpty()) {
            return Optional.of("partition " + partition + " is assigned to no broker");
        }
        if (new HashSet<>(brokers).size() < brokers.size()) {
            return Optional.of("partition " + partition + " is assigned twice to one broker");
        }
        return brokers.stream()
                .filter(broker -> !view.has(broker))
                .map(broker -> "partition " + partition + " is assigned to broker " + broker + ", which is not there")
                .findFirst();
    }
}
