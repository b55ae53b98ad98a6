// SPDX-License-Identifier: Apache-2.0

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Properties;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * Fetches the Maven distribution named in a properties file, checks it and puts it into place in one step, so that
 * nobody ever sees half of it. Run by {@code mvnw} as a single source file. Confined to the main thread.
 */
final class FetchMaven {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(1);

    private FetchMaven() {}

    /** Takes the properties file and the folder in which Maven shall be. */
    public static void main(String[] arguments) throws InterruptedException {
        try {
            Properties properties = new Properties();
            try (InputStream in = Files.newInputStream(Path.of(arguments[0]))) {
                properties.load(in);
            }
            fetch(
                    address(required(properties, "distributionUrl")),
                    required(properties, "distributionSha512Sum"),
                    Path.of(arguments[1]).toAbsolutePath());
        } catch (IOException | IllegalArgumentException failure) {
            System.err.println("mvnw: cannot fetch Maven: " + failure);
            System.err.println(
                    "mvnw: install Maven 3.8.7 or newer, or set MVNW_REPOURL to a Maven repository you reach");
            System.exit(1);
        }
    }

    private static String required(Properties properties, String key) {
        String value = properties.getProperty(key, "").strip();
        if (value.isEmpty()) {
            throw new IllegalArgumentException(key + " is not set in maven-wrapper.properties");
        }
        return value;
    }

    /** The stated address, or the same file in the repository that MVNW_REPOURL names. */
    private static URI address(String stated) {
        String repository = System.getenv().getOrDefault("MVNW_REPOURL", "").strip();
        if (repository.isEmpty()) {
            return URI.create(stated);
        }
        String file = stated.substring(stated.lastIndexOf('/') + 1);
        String version = file.replaceFirst("^apache-maven-", "").replaceFirst("-bin\\.zip$", "");
        return URI.create(
                repository.replaceFirst("/+$", "") + "/org/apache/maven/apache-maven/" + version + "/" + file);
    }

    private static void fetch(URI address, String sha512, Path home) throws IOException, InterruptedException {
        Path parent = home.getParent();
        Files.createDirectories(parent);
        Path work = Files.createTempDirectory(parent, ".fetch-");
        try {
            System.err.println("mvnw: fetching " + address);
            Path zip = work.resolve("maven.zip");
            String actual = download(address, zip);
            if (!actual.equalsIgnoreCase(sha512)) {
                throw new IOException("wrong checksum of " + address + ": SHA-512 is " + actual + ", not " + sha512);
            }
            Path unpacked = work.resolve("unpacked");
            unpack(zip, unpacked);
            moveIntoPlace(unpacked, home);
        } finally {
            delete(work);
        }
    }

    /** Stores what the address answers and returns its SHA-512. */
    private static String download(URI address, Path zip) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(address).timeout(ANSWER_TIMEOUT).build();
        try (HttpClient client = HttpClient.newBuilder()
                .connectTimeout(CONNECT_TIMEOUT)
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build()) {
            HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (DigestInputStream body = new DigestInputStream(response.body(), sha512())) {
                if (response.statusCode() != 200) {
                    throw new IOException(address + " answered " + response.statusCode());
                }
                Files.copy(body, zip);
                return HexFormat.of().formatHex(body.getMessageDigest().digest());
            }
        }
    }

    private static MessageDigest sha512() {
        try {
            return MessageDigest.getInstance("SHA-512");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-512", impossible);
        }
    }

    /** Unpacks the zip without its single top folder. */
    private static void unpack(Path zip, Path target) throws IOException {
        try (ZipInputStream in = new ZipInputStream(Files.newInputStream(zip))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                String inside = entry.getName().replaceFirst("^[^/]*/", "");
                Path path = target.resolve(inside).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException("entry leaves its folder: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                } else {
                    Files.createDirectories(path.getParent());
                    Files.copy(in, path);
                }
            }
        }
        for (String program : new String[] {"mvn", "mvnDebug", "mvnyjp"}) {
            Path path = target.resolve("bin").resolve(program);
            if (Files.exists(path) && !path.toFile().setExecutable(true, false)) {
                throw new IOException("cannot make " + path + " executable");
            }
        }
    }

    private static void moveIntoPlace(Path unpacked, Path home) throws IOException {
        try {
            Files.move(unpacked, home, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileSystemException occupied) {
            // Another build was faster: its copy passed the same checksum.
            if (!Files.isExecutable(home.resolve("bin/mvn"))) {
                throw occupied;
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
