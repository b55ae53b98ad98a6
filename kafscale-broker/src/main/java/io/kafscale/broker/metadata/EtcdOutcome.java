// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

/** How a call to etcd ended. Immutable. */
sealed interface EtcdOutcome<A> {

    record Answered<A>(A answer) implements EtcdOutcome<A> {}

    record Failed<A>(EtcdFailure failure) implements EtcdOutcome<A> {}
}
