// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.etcd;

import io.kafscale.it.process.ChildProcess;
import io.kafscale.it.process.Finished;
import io.kafscale.it.process.FreePort;
import io.kafscale.it.process.ServerPrograms;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One member of an etcd cluster, on ports that stay the same, and on one folder until its contents are replaced. Confined to the test's thread. */
public final class EtcdMember implements AutoCloseable {
    private final String name;
    private final Path home;
    private final int clientPort = FreePort.find();
    private final int peerPort = FreePort.find();
    private final List<ChildProcess> processes = new ArrayList<>();
    private int lives;

    EtcdMember(String name, Path home) {
        this.name = name;
        this.home = home;
    }

    private Path folder() {
        return home.resolve(name + "-" + lives);
    }

    public int clientPort() {
        return clientPort;
    }

    /** {@code HOST:PORT} for clients. */
    public String endpoint() {
        return "127.0.0.1:" + clientPort;
    }

    String peer() {
        return name + "=http://127.0.0.1:" + peerPort;
    }

    /** Forgets everything; it must not run. */
    void forget() {
        lives++;
    }

    /** Makes what a snapshot holds its own, and forgets everything else; it must not run. */
    void takeOver(Path snapshot, String peers, String... flags) {
        forget();
        List<String> command = new ArrayList<>(List.of(
                ServerPrograms.find("etcdutl", "get-etcd.sh").toString(),
                "snapshot",
                "restore",
                snapshot.toString(),
                "--name=" + name,
                "--data-dir=" + folder(),
                "--initial-advertise-peer-urls=http://127.0.0.1:" + peerPort,
                "--initial-cluster=" + peers));
        command.addAll(List.of(flags));
        try (ChildProcess process = ChildProcess.start("etcdutl", command, Map.of())) {
            Finished.of(process).succeeded();
        }
    }

    /** Starts it and does not wait. */
    void start(EtcdOptions options, String peers) {
        List<String> command = new ArrayList<>(List.of(
                ServerPrograms.find("etcd", "get-etcd.sh").toString(),
                "--name=" + name,
                "--data-dir=" + folder(),
                "--listen-client-urls=" + options.scheme() + "://" + endpoint(),
                "--advertise-client-urls=" + options.scheme() + "://" + endpoint(),
                "--listen-peer-urls=http://127.0.0.1:" + peerPort,
                "--initial-advertise-peer-urls=http://127.0.0.1:" + peerPort,
                "--initial-cluster=" + peers,
                "--log-level=warn",
                "--unsafe-no-fsync"));
        command.addAll(options.flags());
        processes.add(ChildProcess.start("etcd-" + name, command, Map.of("ETCD_UNSUPPORTED_ARCH", "arm64")));
    }

    public ChildProcess process() {
        return processes.getLast();
    }

    /** SIGKILL. */
    public void kill() {
        process().kill();
    }

    /** SIGSTOP. */
    public void pause() {
        process().pause();
    }

    /** SIGCONT. */
    public void resume() {
        process().resume();
    }

    @Override
    public void close() {
        processes.forEach(ChildProcess::close);
    }
}
