// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.kafscale.broker.metadata.MetadataException.Kind;
import org.junit.jupiter.api.Test;

/** What etcd's and gRPC's answers mean, told with the texts of etcd's {@code rpctypes/error.go}. */
final class EtcdFailureTest {

    private static EtcdFailure sent(Status.Code code, String text) {
        return failure(code, text, true);
    }

    private static EtcdFailure failure(Status.Code code, String text, boolean sent) {
        return new EtcdFailure(code.toStatus().withDescription(text), new EtcdSettings.Endpoint("etcd", 2379), sent);
    }

    private static void assertUnknown(Status.Code code, String text) {
        assertThat(sent(code, text).isDefinite()).as(text).isFalse();
        assertThat(failure(code, text, false).isDefinite()).as(text).isTrue();
    }

    private static void assertDefinite(Kind kind, Status.Code code, String text) {
        assertThat(sent(code, text).isDefinite()).as(text).isTrue();
        assertThat(sent(code, text).kind()).as(text).isEqualTo(kind);
    }

    @Test
    void whatMayHaveArrivedIsUnknown() {
        assertUnknown(Status.Code.DEADLINE_EXCEEDED, "deadline exceeded after 4.9s");
        assertUnknown(Status.Code.UNAVAILABLE, "Network closed for unknown reason");
        assertUnknown(Status.Code.UNAVAILABLE, "etcdserver: request timed out");
        assertUnknown(
                Status.Code.UNAVAILABLE, "etcdserver: request timed out, possibly due to previous leader failure");
        assertUnknown(Status.Code.UNAVAILABLE, "etcdserver: request timed out, possibly due to connection lost");
        assertUnknown(Status.Code.UNAVAILABLE, "etcdserver: leader changed");
        assertUnknown(Status.Code.UNAVAILABLE, "etcdserver: server stopped");
        assertUnknown(Status.Code.UNKNOWN, "raft proposal dropped");
        assertUnknown(Status.Code.INTERNAL, "RST_STREAM closed stream");
        assertUnknown(Status.Code.CANCELLED, "context canceled");
        assertUnknown(Status.Code.RESOURCE_EXHAUSTED, "gRPC message exceeds maximum size");
    }

    @Test
    void whatEtcdRefusedWasNotDone() {
        assertDefinite(Kind.FULL, Status.Code.RESOURCE_EXHAUSTED, "etcdserver: mvcc: database space exceeded");
        assertDefinite(Kind.REFUSED, Status.Code.PERMISSION_DENIED, "etcdserver: permission denied");
        assertDefinite(Kind.REFUSED, Status.Code.INVALID_ARGUMENT, "etcdserver: too many operations in txn request");
        assertDefinite(Kind.REFUSED, Status.Code.INVALID_ARGUMENT, "etcdserver: request is too large");
        assertDefinite(Kind.LEASE_NOT_FOUND, Status.Code.NOT_FOUND, "etcdserver: requested lease not found");
        assertDefinite(Kind.UNAVAILABLE, Status.Code.RESOURCE_EXHAUSTED, "etcdserver: too many requests");
        assertDefinite(Kind.UNAVAILABLE, Status.Code.UNAVAILABLE, "etcdserver: no leader");
        assertDefinite(Kind.CORRUPT, Status.Code.DATA_LOSS, "etcdserver: corrupt cluster");
    }

    @Test
    void aTokenThatIsNoLongerGoodAsksForAnotherOne() {
        assertThat(sent(Status.Code.UNAUTHENTICATED, "etcdserver: invalid auth token")
                        .wantsLogin())
                .isTrue();
        assertThat(sent(Status.Code.INVALID_ARGUMENT, "etcdserver: revision of auth store is old")
                        .wantsLogin())
                .isTrue();
    }

    @Test
    void onlyAMemberThatCannotHelpIsLeft() {
        assertThat(sent(Status.Code.DEADLINE_EXCEEDED, "deadline exceeded").wantsAnother())
                .isTrue();
        assertThat(sent(Status.Code.UNAVAILABLE, "Network closed for unknown reason")
                        .wantsAnother())
                .isTrue();
        assertThat(sent(Status.Code.UNAVAILABLE, "etcdserver: no leader").wantsAnother())
                .isTrue();
        assertThat(sent(Status.Code.UNAVAILABLE, "etcdserver: leader changed").wantsAnother())
                .isFalse();
        assertThat(sent(Status.Code.RESOURCE_EXHAUSTED, "etcdserver: mvcc: database space exceeded")
                        .wantsAnother())
                .isFalse();
    }
}
