// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

/** The setting that has to be looked at when a bucket cannot be used. Immutable. */
public enum S3Setting {
    BUCKET,
    REGION,
    ENDPOINT,
    ACCESS_KEY,
    SECRET_KEY,
    SESSION_TOKEN,
    KMS_ARN
}
