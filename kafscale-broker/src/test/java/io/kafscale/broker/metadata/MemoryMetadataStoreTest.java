// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

final class MemoryMetadataStoreTest extends LocalMetadataStoreContract {

    @Override
    protected MetadataStore open() {
        return new MemoryMetadataStore(clock);
    }
}
