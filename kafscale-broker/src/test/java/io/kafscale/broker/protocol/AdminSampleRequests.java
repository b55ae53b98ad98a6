// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import io.kafscale.broker.protocol.ServedVersions.Served;
import java.util.List;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.protocol.ApiMessage;

/** The part of {@link SampleRequests} for what administrators ask. Stateless. */
final class AdminSampleRequests {

    private static final byte TOPIC = 2;

    private AdminSampleRequests() {}

    static ApiMessage of(Served served) {
        return switch (served.api()) {
            case ALTER_CONFIGS -> alterConfigs();
            case INCREMENTAL_ALTER_CONFIGS -> incrementalAlterConfigs();
            case CREATE_PARTITIONS -> createPartitions();
            default -> throw new IllegalArgumentException("no sample for " + served);
        };
    }

    private static ApiMessage alterConfigs() {
        AlterConfigsRequestData.AlterConfigsResource resource = new AlterConfigsRequestData.AlterConfigsResource()
                .setResourceType(TOPIC)
                .setResourceName("orders");
        resource.configs()
                .add(new AlterConfigsRequestData.AlterableConfig()
                        .setName("retention.ms")
                        .setValue("60000"));
        AlterConfigsRequestData request = new AlterConfigsRequestData();
        request.resources().add(resource);
        return request;
    }

    private static ApiMessage incrementalAlterConfigs() {
        IncrementalAlterConfigsRequestData.AlterConfigsResource resource =
                new IncrementalAlterConfigsRequestData.AlterConfigsResource()
                        .setResourceType(TOPIC)
                        .setResourceName("orders");
        resource.configs()
                .add(new IncrementalAlterConfigsRequestData.AlterableConfig()
                        .setName("retention.ms")
                        .setConfigOperation((byte) 1)
                        .setValue(null));
        IncrementalAlterConfigsRequestData request = new IncrementalAlterConfigsRequestData();
        request.resources().add(resource);
        return request;
    }

    private static ApiMessage createPartitions() {
        CreatePartitionsRequestData request = new CreatePartitionsRequestData().setTimeoutMs(1_000);
        request.topics()
                .add(new CreatePartitionsTopic()
                        .setName("orders")
                        .setCount(3)
                        .setAssignments(List.of(new CreatePartitionsAssignment().setBrokerIds(List.of(0, 1)))));
        return request;
    }
}
