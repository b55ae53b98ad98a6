// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NegotiationType;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Opens channels to members, with everything stated that gRPC would otherwise choose. Immutable. */
final class EtcdChannels {

    /** Answers may be as large as a thousand keys; etcd's own limit is on requests. */
    private static final int MAX_ANSWER_BYTES = 256 * 1024 * 1024;

    /** A connection that is silent for so long is asked whether it lives; gRPC takes nothing shorter. */
    private static final int KEEP_ALIVE_SECONDS = 10;

    private static final int KEEP_ALIVE_TIMEOUT_SECONDS = 5;

    /** GRPC logs on its own what it also tells us, with stack traces and past our log. Held, since such settings are not. */
    private static final Logger GRPC_LOG = Logger.getLogger("io.grpc");

    /** Without this netty takes memory in a way that newer JDKs warn about. */
    private static final String NO_UNSAFE = "io.grpc.netty.shaded.io.netty.noUnsafe";

    static {
        GRPC_LOG.setLevel(Level.OFF);
        System.setProperty(NO_UNSAFE, "true");
    }

    private final Optional<SslContext> tls;

    private EtcdChannels(Optional<SslContext> tls) {
        this.tls = tls;
    }

    /**
     * Reads the files of the settings.
     *
     * @throws EtcdStartException when one cannot be read
     */
    static EtcdChannels of(EtcdSettings settings) {
        return new EtcdChannels(settings.tls().map(EtcdChannels::context));
    }

    private static SslContext context(EtcdSettings.Tls tls) {
        tls.authority().ifPresent(file -> checkReadable(EtcdStartException.Blame.AUTHORITY, file));
        tls.certificate().ifPresent(certificate -> {
            checkReadable(EtcdStartException.Blame.CERTIFICATE, certificate.chain());
            checkReadable(EtcdStartException.Blame.CERTIFICATE, certificate.key());
        });
        SslContextBuilder builder = SslContextBuilder.forClient();
        tls.authority().ifPresent(file -> trust(builder, file));
        tls.certificate().ifPresent(certificate -> show(builder, certificate));
        try {
            return GrpcSslContexts.configure(builder, SslProvider.JDK).build();
        } catch (IOException e) {
            throw new EtcdStartException(EtcdStartException.Blame.AUTHORITY, "TLS cannot be set up: " + e, e);
        }
    }

    private static void checkReadable(EtcdStartException.Blame blame, Path file) {
        if (!Files.isReadable(file) || Files.isDirectory(file)) {
            throw new EtcdStartException(blame, "file " + file + " is not there or cannot be read");
        }
    }

    private static void trust(SslContextBuilder builder, Path file) {
        try {
            builder.trustManager(file.toFile());
        } catch (IllegalArgumentException e) {
            throw new EtcdStartException(
                    EtcdStartException.Blame.AUTHORITY, "file " + file + " holds no certificate in PEM", e);
        }
    }

    private static void show(SslContextBuilder builder, EtcdSettings.Certificate certificate) {
        try {
            builder.keyManager(certificate.chain().toFile(), certificate.key().toFile());
        } catch (IllegalArgumentException e) {
            throw new EtcdStartException(
                    EtcdStartException.Blame.CERTIFICATE,
                    "files " + certificate.chain() + " and " + certificate.key()
                            + " must be a certificate and its unencrypted key in PEM, the key as PKCS#8",
                    e);
        }
    }

    /** A channel that connects when it is first used. No call is ever repeated by it, and its callbacks run in its own thread. */
    ManagedChannel open(EtcdSettings.Endpoint endpoint) {
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port())
                .directExecutor()
                .disableRetry()
                .disableServiceConfigLookUp()
                .maxInboundMessageSize(MAX_ANSWER_BYTES)
                .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS);
        return tls.map(builder::sslContext)
                .orElseGet(() -> builder.negotiationType(NegotiationType.PLAINTEXT))
                .build();
    }
}
