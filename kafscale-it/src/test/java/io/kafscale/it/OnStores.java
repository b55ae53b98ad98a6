// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The {@link SharedBroker} of the class keeps its objects in a bucket of a real S3 server and its metadata in a real etcd. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@interface OnStores {}
