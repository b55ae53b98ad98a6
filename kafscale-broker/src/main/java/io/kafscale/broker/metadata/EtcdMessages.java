// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.metadata;

import com.google.protobuf.ByteString;
import io.etcd.jetcd.api.Compare.CompareResult;
import io.etcd.jetcd.api.Compare.CompareTarget;
import io.etcd.jetcd.api.DeleteRangeRequest;
import io.etcd.jetcd.api.PutRequest;
import io.etcd.jetcd.api.RangeRequest;
import io.etcd.jetcd.api.RequestOp;
import io.etcd.jetcd.api.TxnRequest;

/** Our words as etcd's, and back. Stateless. */
final class EtcdMessages {

    /** As the end of a range it means that there is none. */
    private static final ByteString ZERO = ByteString.copyFrom(new byte[1]);

    private EtcdMessages() {}

    static ByteString bytes(String key) {
        return ByteString.copyFromUtf8(key);
    }

    static KeyValue entry(io.etcd.jetcd.api.KeyValue entry) {
        return new KeyValue(
                entry.getKey().toStringUtf8(),
                entry.getValue(),
                entry.getCreateRevision(),
                entry.getModRevision(),
                entry.getLease());
    }

    /** The first key that can start with a prefix. */
    static ByteString start(String prefix) {
        return prefix.isEmpty() ? ZERO : bytes(prefix);
    }

    /** The first key behind all that start with a prefix: printable ASCII leaves room above its last character. */
    static ByteString end(String prefix) {
        if (prefix.isEmpty()) {
            return ZERO;
        }
        int last = prefix.length() - 1;
        return bytes(prefix.substring(0, last) + (char) (prefix.charAt(last) + 1));
    }

    /** The key right behind another. */
    static ByteString after(ByteString key) {
        return key.concat(ZERO);
    }

    /**
     * A transaction that every member answers by what the cluster agreed upon. Etcd takes one without any writes and reads
     * for one that may be answered from what a member happens to have, so such a one is given a read.
     *
     * @param probe a key that may be read
     */
    static TxnRequest transaction(Transaction transaction, String probe) {
        TxnRequest.Builder request = TxnRequest.newBuilder();
        transaction.compares().forEach(compare -> request.addCompare(compare(compare)));
        transaction.operations().forEach(operation -> request.addSuccess(operation(operation)));
        if (transaction.operations().isEmpty()) {
            String key = transaction.compares().isEmpty()
                    ? probe
                    : transaction.compares().getFirst().key();
            request.addSuccess(read(key)).addFailure(read(key));
        }
        return request.build();
    }

    private static RequestOp read(String key) {
        return RequestOp.newBuilder()
                .setRequestRange(RangeRequest.newBuilder().setKey(bytes(key)).setCountOnly(true))
                .build();
    }

    private static io.etcd.jetcd.api.Compare compare(Compare compare) {
        io.etcd.jetcd.api.Compare.Builder builder = io.etcd.jetcd.api.Compare.newBuilder()
                .setKey(bytes(compare.key()))
                .setResult(CompareResult.EQUAL);
        return switch (compare) {
            case Compare.CreateRevision created ->
                builder.setTarget(CompareTarget.CREATE)
                        .setCreateRevision(created.revision())
                        .build();
            case Compare.ModRevision modified ->
                builder.setTarget(CompareTarget.MOD)
                        .setModRevision(modified.revision())
                        .build();
        };
    }

    private static RequestOp operation(Operation operation) {
        RequestOp.Builder builder = RequestOp.newBuilder();
        return switch (operation) {
            case Operation.Put put ->
                builder.setRequestPut(PutRequest.newBuilder()
                                .setKey(bytes(put.key()))
                                .setValue(put.value())
                                .setLease(put.leaseId()))
                        .build();
            case Operation.Delete(String key) ->
                builder.setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(bytes(key)))
                        .build();
            case Operation.DeletePrefix(String prefix) ->
                builder.setRequestDeleteRange(DeleteRangeRequest.newBuilder()
                                .setKey(start(prefix))
                                .setRangeEnd(end(prefix)))
                        .build();
        };
    }
}
