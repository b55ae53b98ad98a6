// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.etcd;

import io.kafscale.it.process.ChildProcess;
import io.kafscale.it.process.Patience;
import io.kafscale.it.process.ServerPrograms;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A real etcd of one or more members below a fresh folder. Confined to the test's thread. */
public final class EtcdCluster implements AutoCloseable {
    private static final Pattern REVISION = Pattern.compile("\"revision\":(\\d+)");

    private static final Pattern VALUE = Pattern.compile("\"value\":\"([^\"]*)\"");

    private final EtcdOptions options;
    private final List<EtcdMember> members;
    private final String peers;

    private EtcdCluster(EtcdOptions options, List<EtcdMember> members) {
        this.options = options;
        this.members = List.copyOf(members);
        this.peers = members.stream().map(EtcdMember::peer).collect(Collectors.joining(","));
    }

    /** Starts members and waits until they serve. */
    public static EtcdCluster started(Path folder, int size, EtcdOptions options) {
        ServerPrograms.find("etcd", "get-etcd.sh");
        EtcdCluster cluster = new EtcdCluster(
                options,
                IntStream.range(0, size)
                        .mapToObj(number -> new EtcdMember("m" + number, folder))
                        .toList());
        cluster.members.forEach(cluster::start);
        cluster.awaitHealthy();
        return cluster;
    }

    public List<EtcdMember> members() {
        return members;
    }

    public EtcdMember member() {
        return members.getFirst();
    }

    /** What {@code KAFSCALE_ETCD_ENDPOINTS} takes. */
    public String endpoints() {
        return members.stream()
                .map(member -> options.scheme() + "://" + member.endpoint())
                .collect(Collectors.joining(","));
    }

    /** Starts a member that was killed, and does not wait. */
    public void start(EtcdMember member) {
        member.start(options, peers);
    }

    /** Saves everything in a file, which must not be there yet. */
    public void save(Path snapshot) {
        control("snapshot", "save", snapshot.toString());
    }

    /** Kills all members, and starts them at the same addresses with what a snapshot holds. */
    public void setBack(Path snapshot, String... flags) {
        replaceContents(member -> member.takeOver(snapshot, peers, flags));
    }

    /** Kills all members, and starts them at the same addresses with nothing. */
    public void wipe() {
        replaceContents(EtcdMember::forget);
    }

    private void replaceContents(Consumer<EtcdMember> replacement) {
        members.forEach(EtcdMember::kill);
        members.forEach(replacement);
        members.forEach(this::start);
        awaitHealthy();
    }

    /** Waits until every member serves writes. */
    public void awaitHealthy() {
        for (EtcdMember member : members) {
            Patience.until(
                    "etcd at " + member.endpoint() + " is healthy",
                    () -> run(endpointOf(member), "endpoint", "health").exitCode() == 0);
        }
    }

    /** The member that leads now; there must be one. */
    public EtcdMember leader() {
        List<EtcdMember> leaders = new ArrayList<>();
        Patience.until("etcd has a leader", () -> {
            leaders.clear();
            for (EtcdMember member : members) {
                if (run(endpointOf(member), "endpoint", "status").text().contains(", true, false, ")) {
                    leaders.add(member);
                }
            }
            return leaders.size() == 1;
        });
        return leaders.getFirst();
    }

    private String endpointOf(EtcdMember member) {
        return options.scheme() + "://" + member.endpoint();
    }

    /** What {@code etcdctl} prints for a command on the whole cluster, which must succeed. */
    public String control(String... arguments) {
        Result result = run(endpoints(), arguments);
        if (result.exitCode() != 0) {
            throw new AssertionError("etcdctl " + List.of(arguments) + ": " + result.text());
        }
        return result.text();
    }

    /** Whether a command on the whole cluster succeeded. */
    public boolean succeeds(String... arguments) {
        return run(endpoints(), arguments).exitCode() == 0;
    }

    /** The values of all keys that start with {@code prefix}. */
    public List<byte[]> values(String prefix) {
        return VALUE.matcher(control("get", "--prefix", prefix, "--write-out=json"))
                .results()
                .map(value -> Base64.getDecoder().decode(value.group(1)))
                .toList();
    }

    /** The revision of now. */
    public long revision() {
        Matcher revision = REVISION.matcher(control("get", "/", "--write-out=json"));
        if (!revision.find()) {
            throw new AssertionError("etcdctl tells no revision");
        }
        return Long.parseLong(revision.group(1));
    }

    /** What came of a command. Immutable. */
    private record Result(int exitCode, String text) {}

    private Result run(String endpoints, String... arguments) {
        List<String> command = new ArrayList<>(
                List.of(ServerPrograms.find("etcdctl", "get-etcd.sh").toString(), "--endpoints=" + endpoints));
        command.addAll(options.controlFlags());
        command.addAll(List.of(arguments));
        try (ChildProcess process = ChildProcess.start("etcdctl", command, Map.of("ETCDCTL_API", "3"))) {
            int exitCode = process.awaitExit(Patience.LIMIT);
            return new Result(
                    exitCode,
                    process.standardOutput().text() + process.standardError().text());
        }
    }

    @Override
    public void close() {
        members.forEach(EtcdMember::close);
    }
}
