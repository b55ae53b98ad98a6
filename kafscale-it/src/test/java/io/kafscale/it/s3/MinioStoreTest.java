// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.ObjectUpload;
import io.kafscale.broker.storage.UploadInfo;
import io.kafscale.it.servers.S3Server;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs where MinIO was installed by hand. */
final class MinioStoreTest extends S3Contract {
    private static S3Server server;

    @BeforeAll
    static void startServer(@TempDir Path data) {
        server = S3Server.minio(data);
    }

    @AfterAll
    static void stopServer() {
        if (server != null) { // skipped without the program
            server.close();
        }
    }

    @Override
    protected S3Server server() {
        return server;
    }

    /** MinIO lists the uploads of one whole key only; it removes those that are old by itself. */
    @Override
    @Test
    protected void listsAndAbortsUploadsOfAPrefixThatAreOld() {
        ObjectKey key = new ObjectKey("root/one");
        try (ObjectUpload upload = store.upload(key)) {
            upload.write(ByteBuffer.allocate(ObjectStore.PART_BYTES + 1));

            assertThat(store.listUploads("root/", Long.MAX_VALUE)).isEmpty();
            assertThat(store.listUploads(key.value(), Long.MAX_VALUE))
                    .extracting(UploadInfo::key)
                    .containsExactly(key);
        }
    }
}
