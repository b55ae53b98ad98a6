// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.handler;

import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * The meaning of one Kafka API. Called on the thread of the connection, which it may block for as long as the request
 * itself allows. Thread-safe.
 *
 * @param <Q> the request's generated class
 */
public interface ApiHandler<Q extends ApiMessage> {

    ApiKeys api();

    /** Answers one request; known failures are error codes in the answer, an exception means a bug. */
    Answer handle(RequestContext context, Q request) throws InterruptedException;
}
