// SPDX-License-Identifier: Apache-2.0
package io.kafscale.it.client;

import static io.kafscale.it.client.Session.check;

import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TimeoutException;

/** What a producer hears that wants transactions from a broker that has none. Stateless. */
final class Transactions {
    private Transactions() {}

    static void areRefused(Session session) {
        try (KafkaProducer<String, String> producer =
                session.producer("transactional.id", session.name(), "max.block.ms", "20000")) {
            producer.initTransactions();
        } catch (TimeoutException silence) {
            throw new IllegalStateException("The producer was left to wait", silence);
        } catch (KafkaException refusal) {
            System.out.println("refused: " + refusal);
            check(refusal.getMessage() != null, "a refusal without a reason");
            return;
        }
        throw new IllegalStateException("The broker let a transactional producer in");
    }
}
