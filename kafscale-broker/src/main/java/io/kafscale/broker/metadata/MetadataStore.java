// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import java.time.Duration;
import java.util.Collection;

/**
 * Revisioned key-values with transactions, leases and watches, in the manner of etcd.
 *
 * <p><b>Revisions.</b> The store has one revision, 0 while it is new, that every transaction which changes something
 * raises by one; a put of the value that is there is a change, a delete of nothing is none. It never goes back. A key
 * carries the revision that created it and the one that last changed it; deleting and creating it again gives it a new
 * creation revision. Keys are printable ASCII without spaces, at least one character, and sort as such.
 *
 * <p><b>Reading</b> is linearizable: it sees every transaction that was answered before the read began, and all keys of
 * one read are seen at one revision.
 *
 * <p><b>Writing</b> is by transaction alone: all compares hold and all operations are done, at one revision, or nothing
 * is. {@link TransactionResult.Unknown} means that it may have been applied, or may yet be; whoever needs to know reads.
 * An exception means that it was not applied and will not be. What was answered {@link TransactionResult.Applied} is
 * durable.
 *
 * <p><b>Leases.</b> A key put under a lease vanishes when the lease ends: by {@link #revoke}, or when no keep-alive came
 * for its time to live. All keys of a lease vanish in one revision. A put states the lease each time; a put without one
 * detaches the key. Putting under a lease that is gone throws {@link MetadataException.Kind#LEASE_NOT_FOUND}, unless a
 * compare does not hold.
 *
 * <p><b>Watches</b> report changes in the order of revisions, each once, without holes, beginning at a stated revision;
 * a watch that cannot go on says so and the watcher lists again.
 *
 * <p>Every call blocks, ends within the implementation's stated deadline, and throws {@link MetadataException} for
 * failures; an interrupted caller gets {@link MetadataException.Kind#INTERRUPTED} with the interrupt flag set again. After
 * {@link #close} every call throws {@link MetadataException.Kind#REFUSED} and every watch has ended. Implementations are
 * thread-safe.
 */
public interface MetadataStore extends AutoCloseable {

    /** Most operations and most compares that one transaction may have, and most keys that one read may name. */
    int MAX_OPERATIONS = 100;

    /** Most bytes of keys and values that one transaction may have. */
    int MAX_TRANSACTION_BYTES = 1024 * 1024;

    /**
     * Reads the named keys at one revision; those that are not there are absent from the answer.
     *
     * @throws IllegalArgumentException when more than {@link #MAX_OPERATIONS} are named
     */
    Snapshot get(Collection<String> keys);

    /** Reads all keys that start with the prefix, however many, at one revision, in the order of the keys. */
    Snapshot range(String prefix);

    /**
     * Applies a transaction.
     *
     * @return {@link TransactionResult.Applied} with the store's revision also when there was nothing to change
     * @throws IllegalArgumentException when it is larger than the limits above, names a key in two operations, or puts a
     *     key inside a prefix that it deletes
     */
    TransactionResult commit(Transaction transaction);

    /** Grants a lease that ends when it is not kept alive for the time to live; a store may round that up to seconds. */
    Lease grantLease(Duration timeToLive);

    /**
     * Keeps a lease alive for its whole time to live from now on.
     *
     * @return false when the lease is gone
     */
    boolean keepAlive(Lease lease);

    /**
     * Ends a lease and deletes its keys; no error when it is gone already. After an exception it may live on, or end at
     * any time.
     */
    void revoke(Lease lease);

    /**
     * Watches all keys that start with the prefix.
     *
     * @param fromRevision the first revision that is reported; usually that of a snapshot plus one
     */
    Watch watch(String prefix, long fromRevision);

    @Override
    void close();
}
