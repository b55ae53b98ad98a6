// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.network;

import io.kafscale.broker.protocol.Frames;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/** A client on the loopback interface. Confined to the test's thread. */
final class Peer implements AutoCloseable {

    static final short VERSION = 4;

    private final Socket socket;
    private final DataInputStream in;

    Peer(int port) throws IOException {
        this(port, 0);
    }

    /** @param receiveBuffer bytes that the system holds for a peer that does not read; 0 for its own choice */
    Peer(int port, int receiveBuffer) throws IOException {
        socket = new Socket();
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        socket.setTcpNoDelay(true);
        in = new DataInputStream(socket.getInputStream());
    }

    void send(ByteBuffer bytes) throws IOException {
        socket.getOutputStream().write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    }

    void produce(int correlationId) throws IOException {
        send(Frames.withLength(
                Frames.request(ApiKeys.PRODUCE, VERSION, correlationId, new ProduceRequestData().setAcks((short) 1))));
    }

    void metadata(int correlationId) throws IOException {
        send(Frames.withLength(Frames.request(ApiKeys.METADATA, VERSION, correlationId, new MetadataRequestData())));
    }

    void heartbeat(int correlationId) throws IOException {
        send(Frames.withLength(Frames.request(ApiKeys.HEARTBEAT, VERSION, correlationId, new HeartbeatRequestData())));
    }

    /** Waits for an answer and reads it. */
    ByteBuffer frame() throws IOException {
        byte[] frame = new byte[in.readInt()];
        in.readFully(frame);
        return ByteBuffer.wrap(frame);
    }

    /** Waits for an answer; its first field in every version. */
    int correlationId() throws IOException {
        return frame().getInt(0);
    }

    /** Waits until the broker has closed, whether it took leave or not; false when it sent something instead. */
    boolean isClosedByBroker() throws IOException {
        try {
            return in.read() < 0;
        } catch (SocketException reset) {
            return true;
        }
    }

    void shutdownOutput() throws IOException {
        socket.shutdownOutput();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
