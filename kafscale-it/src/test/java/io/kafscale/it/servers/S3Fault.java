// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.servers;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/** What a store, or the way to it, does to each request. Thread-safe. */
@FunctionalInterface
public interface S3Fault {
    /** Nothing. */
    S3Fault NONE = (request, random) -> new Act.Pass();

    /** What becomes of {@code request}; {@code random} is this request's own. */
    Act on(S3Request request, RandomGenerator random);

    /** A share of all requests, from 0 to 1, has {@code act} done to it. */
    static S3Fault share(double share, S3Fault act) {
        return (request, random) -> random.nextDouble() < share ? act.on(request, random) : new Act.Pass();
    }

    /** A share of all requests is answered with 500 or 503, after the body or before. */
    static S3Fault errors(double share) {
        return share(
                share,
                (request, random) ->
                        random.nextBoolean() ? new Act.Answer(500, "InternalError") : new Act.Answer(503, "SlowDown"));
    }

    /** Every request takes its time. */
    static S3Fault latency(Duration least, Duration most) {
        return (request, random) -> new Act.Delay(between(random, least, most));
    }

    /** A share of requests, or of their answers, stops in its middle for a time. */
    static S3Fault stalls(double share, Duration least, Duration most) {
        return share(share, (request, random) -> {
            Duration time = between(random, least, most);
            return request.isWrite() ? new Act.StallRequest(time) : new Act.StallAnswer(time);
        });
    }

    /** A share of what was written is there, and the connection is gone before that is said. */
    static S3Fault lostAnswers(double share) {
        return share(share, (request, random) -> request.isWrite() ? new Act.DropAnswer() : new Act.Pass());
    }

    /** The first time that an object is read, it is not there yet. */
    static S3Fault lateObjects() {
        Set<String> asked = ConcurrentHashMap.newKeySet();
        return (request, random) -> request.isReadOfObject() && asked.add(request.path())
                ? new Act.Answer(404, "NoSuchKey")
                : new Act.Pass();
    }

    /** A share of what is read ends in its middle. */
    static S3Fault shortReads(double share) {
        return share(share, (request, random) -> request.isReadOfObject() ? new Act.CutAnswer() : new Act.Pass());
    }

    /** A share of what is read has one wrong bit. */
    static S3Fault flippedReads(double share) {
        return share(
                share,
                (request, random) -> request.isReadOfObject()
                        ? new Act.FlipAnswer(random.nextInt(Integer.MAX_VALUE))
                        : new Act.Pass());
    }

    /** Every request is refused. */
    static S3Fault refusal(int status, String code) {
        return (request, random) -> new Act.Answer(status, code);
    }

    private static Duration between(RandomGenerator random, Duration least, Duration most) {
        return Duration.ofMillis(random.nextLong(least.toMillis(), most.toMillis() + 1));
    }

    /** What may become of a request. */
    sealed interface Act {
        /** It passes, and so does its answer. */
        record Pass() implements Act {}

        /** It passes after a time. */
        record Delay(Duration time) implements Act {}

        /** It never reaches the store; this is its answer. */
        record Answer(int status, String code) implements Act {}

        /** It stops behind half of its body. */
        record StallRequest(Duration time) implements Act {}

        /** Its answer stops behind half of the body. */
        record StallAnswer(Duration time) implements Act {}

        /** It passes; in place of the answer the connection ends. */
        record DropAnswer() implements Act {}

        /** The connection ends behind half of the answer's body. */
        record CutAnswer() implements Act {}

        /** One bit of the answer's body is wrong. */
        record FlipAnswer(int position) implements Act {}
    }
}
