// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import io.kafscale.broker.metadata.EtcdStartException.Blame;
import java.util.Locale;
import java.util.Optional;

/**
 * What a failure at the start says about the settings. Immutable.
 *
 * @param blame empty when nothing but time may help
 */
record EtcdHint(Optional<Blame> blame, String advice) {

    private static EtcdHint of(Blame blame, String advice) {
        return new EtcdHint(Optional.of(blame), advice);
    }

    static EtcdHint of(EtcdFailure failure) {
        String text = failure.describe().toLowerCase(Locale.ROOT);
        if (text.contains("invalid user id or password")) {
            return of(Blame.LOGIN, "check the user and the password");
        }
        if (text.contains("user name is empty") || text.contains("invalid auth token")) {
            return of(Blame.LOGIN, "etcd asks for a user and a password: set them");
        }
        if (text.contains(EtcdConnection.OTHER_CLUSTER)) {
            return of(Blame.ENDPOINTS, "name members of one cluster only");
        }
        return ofTls(text);
    }

    private static EtcdHint ofTls(String text) {
        if (text.contains("not an ssl/tls record")) {
            return of(Blame.AUTHORITY, "etcd speaks plain text there: unset the files for TLS, or use http://");
        }
        if (text.contains("was not settings") || text.contains("http/1.x")) {
            return of(Blame.AUTHORITY, "etcd speaks TLS there: set the authority of its certificate, or use https://");
        }
        if (text.contains("certificate_required")
                || text.contains("bad_certificate")
                || text.contains("bad certificate")) {
            return of(Blame.CERTIFICATE, "etcd asks for a certificate that it can trust");
        }
        if (text.contains("pkix") || text.contains("unable to find valid certification path")) {
            return of(Blame.AUTHORITY, "the certificate there is not signed by this authority");
        }
        if (text.contains("no subject alternative") || text.contains("no name matching")) {
            return of(Blame.AUTHORITY, "the certificate there is for other host names");
        }
        return new EtcdHint(Optional.empty(), "");
    }
}
