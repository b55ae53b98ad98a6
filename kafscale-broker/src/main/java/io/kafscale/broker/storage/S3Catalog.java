// SPDX-License-Identifier: Apache-2.0
package io.kafscale.broker.storage;

import io.kafscale.broker.storage.S3Calls.Call;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Error;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

/** The calls that carry no records: lists, deletions, and the beginning and end of uploads. Thread-safe. */
final class S3Catalog {

    private static final int OK = 200;
    private static final int SERVER_ERROR = 500;
    private static final int MAX_DELETED = 1000;
    private static final Set<String> FAILED_INSIDE = Set.of("InternalError", "SlowDown", "ServiceUnavailable");

    private final S3Calls calls;
    private final S3Bucket bucket;
    private final S3Writing writing;

    S3Catalog(S3Calls calls, S3Bucket bucket, S3Writing writing) {
        this.calls = calls;
        this.bucket = bucket;
        this.writing = writing;
    }

    /** The same calls with other limits. */
    S3Catalog within(S3Limits limits) {
        return new S3Catalog(calls.within(limits), bucket, writing);
    }

    private <T> T call(Call call, Function<S3Client, T> request) throws S3Failure {
        return calls.run(call, () -> bucket.attempt(request));
    }

    /** As {@link ObjectStore#list}; what cannot be a key of ours is passed over. */
    List<ObjectInfo> list(String prefix, String after, int max) throws S3Failure {
        List<ObjectInfo> found = new ArrayList<>();
        if (!ObjectKey.mayBegin(prefix)) {
            return found;
        }
        // text that no key holds never reaches the store; what sorts between is passed over here
        String start = ObjectKey.longestBeginning(after);
        String asked = prefixToAsk(prefix);
        Optional<String> token = Optional.empty();
        while (true) {
            ListObjectsV2Response page = page(asked, start, token, max);
            for (S3Object object : page.contents()) {
                if (found.size() < max && isComplete(object) && isWanted(object.key(), prefix, after)) {
                    found.add(new ObjectInfo(
                            new ObjectKey(object.key()),
                            object.size(),
                            object.lastModified().toEpochMilli()));
                }
            }
            // a page may be empty and not the last
            token = page.contents().isEmpty() ? Optional.ofNullable(page.nextContinuationToken()) : Optional.empty();
            boolean isLast =
                    !Boolean.TRUE.equals(page.isTruncated()) || (page.contents().isEmpty() && token.isEmpty());
            if (found.size() == max || isLast) {
                return found;
            }
            start = page.contents().isEmpty()
                    ? start
                    : page.contents().getLast().key();
        }
    }

    /** A prefix that ends in {@code .} or {@code ..} looks like a way out of a folder, which MinIO refuses. */
    private static String prefixToAsk(String prefix) {
        String last = prefix.substring(prefix.lastIndexOf('/') + 1);
        return last.equals(".") || last.equals("..") ? prefix.substring(0, prefix.length() - last.length()) : prefix;
    }

    private static boolean isComplete(S3Object object) {
        return object.key() != null && object.size() != null && object.lastModified() != null;
    }

    private static boolean isWanted(String key, String prefix, String after) {
        return key.startsWith(prefix) && key.compareTo(after) > 0 && ObjectKey.isAllowed(key);
    }

    private ListObjectsV2Response page(String prefix, String after, Optional<String> token, int max) throws S3Failure {
        return call(
                Call.other(0),
                client -> client.listObjectsV2(request -> {
                    request.bucket(bucket.name()).prefix(prefix).maxKeys(max);
                    token.ifPresent(request::continuationToken);
                    if (!after.isEmpty()) {
                        request.startAfter(after);
                    }
                }));
    }

    /** Deletes objects, a thousand in one call. */
    void delete(Collection<ObjectKey> keys) throws S3Failure {
        List<ObjectIdentifier> left = keys.stream()
                .distinct()
                .map(key -> ObjectIdentifier.builder().key(key.value()).build())
                .toList();
        while (!left.isEmpty()) {
            List<ObjectIdentifier> some = left.subList(0, Math.min(MAX_DELETED, left.size()));
            calls.run(Call.other(0), () -> deletion(some));
            left = left.subList(some.size(), left.size());
        }
    }

    private S3Attempts.Attempt<Integer> deletion(List<ObjectIdentifier> objects) {
        S3Attempts.Attempt<List<S3Error>> attempt =
                bucket.attempt(client -> client.deleteObjects(request -> request.bucket(bucket.name())
                                .delete(Delete.builder()
                                        .objects(objects)
                                        .quiet(true)
                                        .build()))
                        .errors());
        return () -> {
            for (S3Error error : attempt.perform()) {
                if (!error.code().equals("NoSuchKey")) {
                    throw S3Failure.answered(
                            FAILED_INSIDE.contains(error.code()) ? SERVER_ERROR : OK,
                            error.code(),
                            error.key() + ": " + error.message());
                }
            }
            return objects.size();
        };
    }

    /** Begins an upload in parts; answers its id. */
    String begin(ObjectKey key) throws S3Failure {
        String uploadId = call(
                        Call.other(0),
                        client -> client.createMultipartUpload(request -> {
                            request.bucket(bucket.name()).key(key.value()).checksumAlgorithm(ChecksumAlgorithm.CRC32_C);
                            writing.kmsKeyArn()
                                    .ifPresent(arn -> request.serverSideEncryption(ServerSideEncryption.AWS_KMS)
                                            .ssekmsKeyId(arn));
                        }))
                .uploadId();
        return Optional.ofNullable(uploadId)
                .orElseThrow(() -> S3Failure.odd(StorageException.Kind.UNAVAILABLE, "the answer names no upload"));
    }

    /** Makes an object of the parts if its name is free. */
    void complete(ObjectKey key, String uploadId, List<CompletedPart> parts) throws S3Failure {
        call(
                Call.other(0),
                client -> client.completeMultipartUpload(request -> request.bucket(bucket.name())
                        .key(key.value())
                        .uploadId(uploadId)
                        .ifNoneMatch("*")
                        .multipartUpload(upload -> upload.parts(parts))));
    }

    /** Gives up an upload; one that is not there is passed over. */
    void abort(ObjectKey key, String uploadId) throws S3Failure {
        try {
            call(
                    Call.other(0),
                    client -> client.abortMultipartUpload(request ->
                            request.bucket(bucket.name()).key(key.value()).uploadId(uploadId)));
        } catch (S3Failure e) {
            if (e.kind() != StorageException.Kind.NOT_FOUND) {
                throw e;
            }
        }
    }

    /** Uploads below a prefix that began before a moment, at most {@link ObjectStore#MAX_LISTING}. */
    List<UploadInfo> uploads(String prefix, long startedBeforeMillis) throws S3Failure {
        List<UploadInfo> found = new ArrayList<>();
        String keyMarker = "";
        String idMarker = "";
        while (found.size() < ObjectStore.MAX_LISTING) {
            ListMultipartUploadsResponse page = pageOfUploads(prefix, keyMarker, idMarker);
            page.uploads().stream()
                    .filter(upload -> upload.key() != null && upload.initiated() != null)
                    .filter(upload -> upload.key().startsWith(prefix) && ObjectKey.isAllowed(upload.key()))
                    .filter(upload -> upload.initiated().toEpochMilli() < startedBeforeMillis)
                    .map(upload -> new UploadInfo(
                            new ObjectKey(upload.key()),
                            upload.uploadId(),
                            upload.initiated().toEpochMilli()))
                    .limit(ObjectStore.MAX_LISTING - found.size())
                    .forEach(found::add);
            if (!Boolean.TRUE.equals(page.isTruncated()) || page.nextKeyMarker() == null) {
                break;
            }
            keyMarker = page.nextKeyMarker();
            idMarker = Optional.ofNullable(page.nextUploadIdMarker()).orElse("");
        }
        return found;
    }

    private ListMultipartUploadsResponse pageOfUploads(String prefix, String keyMarker, String idMarker)
            throws S3Failure {
        return call(
                Call.other(0),
                client -> client.listMultipartUploads(request -> {
                    request.bucket(bucket.name()).prefix(prefix);
                    if (!keyMarker.isEmpty()) {
                        request.keyMarker(keyMarker).uploadIdMarker(idMarker);
                    }
                }));
    }
}
