// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.servers;

/**
 * A request to S3, as faults look at it. Immutable.
 *
 * @param path bucket and key
 */
public record S3Request(String method, String path, String query) {
    static S3Request of(HttpHead head) {
        String[] parts = head.target().split("\\?", 2);
        return new S3Request(head.method(), parts[0], parts.length > 1 ? parts[1] : "");
    }

    /** It puts an object, or a part of one. */
    public boolean isWrite() {
        return method.equals("PUT");
    }

    /**
     * It reads an object's bytes: a path below a bucket, without anything that asks for something else. What a broker reads at its start
     * to try the bucket does not count.
     */
    public boolean isReadOfObject() {
        return method.equals("GET")
                && query.isEmpty()
                && path.indexOf('/', 1) > 0
                && !path.endsWith("/")
                && !path.contains("/probe/");
    }
}
