// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.kafscale.broker.protocol.ServedVersions.Served;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Frames recorded from the client's request classes are read as they were meant, whatever those classes become. */
class GoldenRequestsTest {

    private static final RequestDecoder DECODER = new RequestDecoder(VersionTable.current(), RequestLimits.STANDARD);
    private static final Map<String, String> RECORDED = recorded();

    /** Frames as hexadecimal digits, by API and version. */
    private static Map<String, String> recorded() {
        try (InputStream in =
                Objects.requireNonNull(GoldenRequestsTest.class.getResourceAsStream("golden-requests.txt"))) {
            List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            return lines.stream()
                    .filter(line -> !line.startsWith("#"))
                    .map(line -> line.split(" "))
                    .collect(Collectors.toMap(words -> words[0] + " " + words[1], words -> words[2]));
        } catch (IOException e) {
            throw new IllegalStateException("golden-requests.txt", e);
        }
    }

    static Stream<Served> served() {
        return ServedVersions.all();
    }

    private static String recorded(Served served) {
        String key = served.api().name + " " + served.version();
        assertThat(RECORDED).containsKey(key);
        return RECORDED.getOrDefault(key, "");
    }

    @ParameterizedTest
    @MethodSource("served")
    void readsWhatWasRecorded(Served served) {
        Decoded decoded = DECODER.decode(ByteBuffer.wrap(HexFormat.of().parseHex(recorded(served))));

        assertThat(decoded).isInstanceOfSatisfying(Decoded.Request.class, request -> {
            assertThat(request.header())
                    .isEqualTo(new RequestHeader(served.api(), served.version(), 0x01020304, Frames.CLIENT_ID));
            assertThat(Frames.bytes(request.message(), served.version()))
                    .isEqualTo(Frames.bytes(SampleRequests.of(served), served.version()));
        });
    }

    @ParameterizedTest
    @MethodSource("served")
    void clientsStillSendWhatWasRecorded(Served served) {
        assertThat(SampleRequests.line(served))
                .isEqualTo(served.api().name + " " + served.version() + " " + recorded(served));
    }
}
