// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.etcd;

import io.kafscale.it.process.ChildProcess;
import io.kafscale.it.process.FreePort;
import io.kafscale.it.process.ServerPrograms;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One member of an etcd cluster, on ports and a folder that stay the same. Confined to the test's thread. */
public final class EtcdMember implements AutoCloseable {
    private final String name;
    private final Path folder;
    private final int clientPort = FreePort.find();
    private final int peerPort = FreePort.find();
    private final List<ChildProcess> processes = new ArrayList<>();

    EtcdMember(String name, Path folder) {
        this.name = name;
        this.folder = folder.resolve(name);
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

    /** Starts it and does not wait. */
    void start(EtcdOptions options, String peers) {
        List<String> command = new ArrayList<>(List.of(
                ServerPrograms.find("etcd", "get-etcd.sh").toString(),
                "--name=" + name,
                "--data-dir=" + folder,
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
