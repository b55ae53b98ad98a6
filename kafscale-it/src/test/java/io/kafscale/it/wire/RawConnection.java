// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.wire;

import io.kafscale.it.wire.Reply.Answered;
import io.kafscale.it.wire.Reply.Closed;
import io.kafscale.it.wire.Reply.Silence;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;

/** A connection to a broker that sends what it likes. Confined to one thread, but for {@link #send} beside {@link #reply}. */
public final class RawConnection implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Socket socket;

    private RawConnection(Socket socket) {
        this.socket = socket;
    }

    /** Connects to {@code HOST:PORT}. */
    public static RawConnection open(String address) {
        int colon = address.lastIndexOf(':');
        try {
            Socket socket = new Socket();
            socket.connect(new InetSocketAddress(
                    InetAddress.getByName(address.substring(0, colon)),
                    Integer.parseInt(address.substring(colon + 1))));
            return new RawConnection(socket);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Sends {@code bytes}; false: the connection is gone. */
    public boolean send(byte... bytes) {
        try {
            socket.getOutputStream().write(bytes);
            return true;
        } catch (SocketException gone) {
            return false;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** What the broker does next; fails the test when that is nothing. */
    public Reply reply() {
        Reply reply = reply(PATIENCE);
        if (reply instanceof Silence) {
            throw new AssertionError("Neither answered nor closed within " + PATIENCE);
        }
        return reply;
    }

    /** What the broker does within {@code limit}. */
    public Reply reply(Duration limit) {
        try {
            socket.setSoTimeout(Math.toIntExact(limit.toMillis()));
            DataInputStream input = new DataInputStream(socket.getInputStream());
            byte[] content = new byte[input.readInt()];
            input.readFully(content);
            return new Answered(ByteBuffer.wrap(content));
        } catch (SocketTimeoutException silence) {
            return new Silence();
        } catch (EOFException | SocketException gone) {
            return new Closed();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Sends a frame and returns the answer's content; fails the test when the broker closes instead. */
    public ByteBuffer call(byte[] frame) {
        send(frame);
        if (reply() instanceof Answered answered) {
            return answered.content();
        }
        throw new AssertionError("Closed");
    }

    /** Says that nothing more will be sent. */
    public void endOutput() {
        try {
            socket.shutdownOutput();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Breaks the connection off, without a farewell. */
    public void reset() {
        try {
            socket.setSoLinger(true, 0);
        } catch (SocketException gone) {
            // Then there is nothing to break.
        }
        close();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
