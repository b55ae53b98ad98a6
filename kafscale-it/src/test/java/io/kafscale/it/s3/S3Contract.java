// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.storage.ObjectKey;
import io.kafscale.broker.storage.ObjectStore;
import io.kafscale.broker.storage.ObjectStoreContract;
import io.kafscale.broker.storage.ObjectUpload;
import io.kafscale.broker.storage.PutResult;
import io.kafscale.broker.storage.S3Environment;
import io.kafscale.broker.storage.S3Keys;
import io.kafscale.broker.storage.S3ObjectStore;
import io.kafscale.broker.storage.S3Settings;
import io.kafscale.broker.storage.S3Writing;
import io.kafscale.broker.time.SystemClock;
import io.kafscale.broker.time.SystemThreads;
import io.kafscale.it.servers.S3Server;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every object store does, on a bucket of a real server. */
abstract class S3Contract extends ObjectStoreContract {
    private final SystemThreads threads = new SystemThreads();

    /** The server of the class. */
    protected abstract S3Server server();

    @Override
    protected ObjectStore open() {
        return open(false);
    }

    private ObjectStore open(boolean signedPayload) {
        S3Settings settings = new S3Settings(
                server().newBucket(),
                Optional.empty(),
                Optional.of(server().endpoint()),
                true,
                Optional.of(new S3Keys(S3Server.ACCESS_KEY, S3Server.SECRET_KEY, Optional.empty())),
                new S3Writing(Optional.empty(), signedPayload),
                64);
        S3Environment environment = new S3Environment(new SystemClock(), threads, new Random(1));
        return S3ObjectStore.open(settings, new ObjectKey("root"), environment, Duration.ofSeconds(30));
    }

    /** These servers keep objects as files, whose names are limited. */
    @Override
    protected int longestPart() {
        return 255;
    }

    /** They remove a folder that has become empty, and refuse what is just being put into it. */
    @Override
    protected boolean keptInFolders() {
        return true;
    }

    @Test
    void signsTheBytesWhenItIsToldTo() {
        ByteBuffer large = ByteBuffer.allocate(ObjectStore.PART_BYTES + 1);
        ObjectKey key = new ObjectKey("signed/put");
        ObjectKey uploaded = new ObjectKey("signed/upload");
        try (ObjectStore signing = open(true);
                ObjectUpload upload = signing.upload(uploaded)) {
            assertThat(signing.put(key, List.of(bytes("one,"), bytes("two")))).isEqualTo(new PutResult.Created());
            upload.write(large);
            assertThat(upload.complete()).isEqualTo(new PutResult.Created());

            assertThat(text(signing.readTail(key, 10))).isEqualTo("one,two");
            assertThat(signing.readTail(uploaded, Integer.MAX_VALUE)).isEqualTo(large);
        }
    }

    @AfterEach
    void endThreads() {
        threads.close();
    }
}
