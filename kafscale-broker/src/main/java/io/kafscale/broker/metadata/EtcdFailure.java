// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.grpc.Status;
import io.kafscale.broker.metadata.MetadataException.Kind;
import java.util.List;

/**
 * What a failed call to etcd means. Etcd tells most failures by a text behind a code that several share, so the texts are
 * what counts: those of etcd's {@code rpctypes/error.go}. Whatever is not known here may have been applied. Immutable.
 *
 * @param status as gRPC gave it
 * @param endpoint who was asked
 * @param sent whether the request may have reached etcd
 */
record EtcdFailure(Status status, EtcdSettings.Endpoint endpoint, boolean sent) {

    /** Answers that stand before anything was proposed, or in place of what was. */
    private static final List<String> NOT_DONE = List.of(
            "etcdserver: too many requests",
            "etcdserver: no leader",
            "etcdserver: not capable",
            "etcdserver: rpc not supported for learner",
            "etcdserver: user name is empty",
            "etcdserver: corrupt cluster");

    /** Answers of a member that cannot help now, while another one may. */
    private static final List<String> ASK_ANOTHER =
            List.of("etcdserver: no leader", "etcdserver: server stopped", "etcdserver: rpc not supported for learner");

    private String text() {
        return String.valueOf(status.getDescription());
    }

    private boolean saysAny(List<String> texts) {
        return texts.stream().anyMatch(text()::contains);
    }

    /** The token is not, or no longer, good: sign in again. Nothing was done. */
    boolean wantsLogin() {
        return text().contains("etcdserver: invalid auth token")
                || text().contains("etcdserver: revision of auth store is old");
    }

    boolean isCompacted() {
        return text().contains("etcdserver: mvcc: required revision has been compacted");
    }

    boolean isLeaseNotFound() {
        return text().contains("etcdserver: requested lease not found");
    }

    boolean isLoginOff() {
        return text().contains("etcdserver: authentication is not enabled");
    }

    /** Etcd itself spoke, rather than the connection broke. */
    private boolean isFromEtcd() {
        return text().startsWith("etcdserver: ") || text().startsWith("auth: ");
    }

    /** It was certainly not done and will not be. */
    boolean isDefinite() {
        if (!sent || wantsLogin() || isLeaseNotFound() || saysAny(NOT_DONE)) {
            return true;
        }
        return switch (kind()) {
            case FULL, REFUSED -> true;
            case UNAVAILABLE, LEASE_NOT_FOUND, CORRUPT, INTERRUPTED -> false;
        };
    }

    /** The connection, or the member behind it, is better left. */
    boolean wantsAnother() {
        return switch (status.getCode()) {
            case DEADLINE_EXCEEDED, CANCELLED -> true;
            case UNAVAILABLE -> !isFromEtcd() || saysAny(ASK_ANOTHER);
            default -> false;
        };
    }

    /** A repetition may have another outcome. */
    boolean mayPass() {
        return wantsLogin() || (kind() == Kind.UNAVAILABLE && !isCompacted());
    }

    Kind kind() {
        if (isLeaseNotFound()) {
            return Kind.LEASE_NOT_FOUND;
        }
        return switch (status.getCode()) {
            case RESOURCE_EXHAUSTED ->
                text().contains("etcdserver: mvcc: database space exceeded") ? Kind.FULL : Kind.UNAVAILABLE;
            case PERMISSION_DENIED, UNAUTHENTICATED, INVALID_ARGUMENT, UNIMPLEMENTED -> Kind.REFUSED;
            case FAILED_PRECONDITION -> isFromEtcd() ? Kind.REFUSED : Kind.UNAVAILABLE;
            case DATA_LOSS -> Kind.CORRUPT;
            default -> Kind.UNAVAILABLE;
        };
    }

    MetadataException toException() {
        return new MetadataException(kind(), "etcd at " + endpoint + ": " + describe(), status.getCause());
    }

    /** What was answered, for people: the code, the text, and the deepest reason where there is one. */
    String describe() {
        String answer = status.getDescription() == null
                ? status.getCode().toString()
                : status.getCode() + ": " + status.getDescription();
        Throwable root = status.getCause();
        while (root != null && root.getCause() != null) {
            root = root.getCause();
        }
        return root == null || answer.contains(String.valueOf(root.getMessage()))
                ? answer
                : answer + " (" + root.getMessage() + ")";
    }
}
