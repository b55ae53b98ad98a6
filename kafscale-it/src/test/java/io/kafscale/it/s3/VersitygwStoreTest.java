// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.s3;

import io.kafscale.it.servers.S3Server;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

final class VersitygwStoreTest extends S3Contract {
    private static S3Server server;

    @BeforeAll
    static void startServer(@TempDir Path data) {
        server = S3Server.versitygw(data);
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
}
