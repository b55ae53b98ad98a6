// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.etcd;

import io.kafscale.it.process.ChildProcess;
import io.kafscale.it.process.Patience;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** A certificate for this machine that is its own authority, as files in PEM. Immutable. */
public record Certificates(Path certificate, Path key) {
    private static final String PASSWORD = "changeit";

    /** Makes a pair with the JDK's own tool. */
    public static Certificates make(Path folder, String name) {
        Path store = folder.resolve(name + ".p12");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias", "it"));
        command.addAll(List.of("-keyalg", "EC", "-dname", "CN=" + name, "-validity", "2"));
        command.addAll(List.of("-ext", "san=ip:127.0.0.1,dns:localhost", "-ext", "bc:c"));
        command.addAll(List.of("-storetype", "PKCS12", "-storepass", PASSWORD, "-keystore", store.toString()));
        try (ChildProcess keytool = ChildProcess.start("keytool", command, Map.of())) {
            if (keytool.awaitExit(Patience.LIMIT) != 0) {
                throw new AssertionError(keytool.description());
            }
        }
        return read(store, folder.resolve(name + ".pem"), folder.resolve(name + ".key"));
    }

    private static Certificates read(Path store, Path certificate, Path key) {
        try (InputStream in = Files.newInputStream(store)) {
            KeyStore pair = KeyStore.getInstance("PKCS12");
            pair.load(in, PASSWORD.toCharArray());
            write(certificate, "CERTIFICATE", pair.getCertificate("it").getEncoded());
            write(key, "PRIVATE KEY", pair.getKey("it", PASSWORD.toCharArray()).getEncoded());
            return new Certificates(certificate, key);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (GeneralSecurityException failure) {
            throw new AssertionError(failure);
        }
    }

    private static void write(Path file, String kind, byte[] content) throws IOException {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        Files.writeString(
                file,
                "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n",
                StandardCharsets.US_ASCII);
    }
}
