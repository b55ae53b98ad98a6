// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import java.util.Optional;

/**
 * How objects are written. Immutable.
 *
 * @param kmsKeyArn the key of AWS KMS that encrypts them; empty for what the bucket does by itself
 * @param signedPayload the bytes are part of the signature, which some bucket policies ask for; costs a SHA-256 of each
 */
public record S3Writing(Optional<String> kmsKeyArn, boolean signedPayload) {}
