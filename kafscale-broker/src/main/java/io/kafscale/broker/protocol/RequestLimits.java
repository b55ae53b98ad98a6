// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.protocol;

/**
 * How much a request may list before it is refused unparsed. Immutable.
 *
 * @param topicsAndPartitions elements of all arrays of topics or partitions in one request
 * @param otherElements elements of any one other array; all of them together may have ten times as many
 * @param taggedFields tagged fields in one structure
 * @param clientIdBytes length of the client id in UTF-8
 */
public record RequestLimits(int topicsAndPartitions, int otherElements, int taggedFields, int clientIdBytes) {

    /** The limits of a broker in service. */
    public static final RequestLimits STANDARD = new RequestLimits(100_000, 10_000, 64, 1024);

    public RequestLimits {
        if (topicsAndPartitions < 1 || otherElements < 1 || taggedFields < 1 || clientIdBytes < 0) {
            throw new IllegalArgumentException("a limit below one");
        }
    }
}
