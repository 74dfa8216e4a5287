package dev.reprise.samples.kafka;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.kafka.DurableConsumer;
import dev.reprise.queue.model.OnDeadPredecessor;
import dev.reprise.queue.model.Target;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.BinaryOperator;

/** Charges the orders of a topic, in the order of each customer, in Java. */
final class JavaShop {
    private static final Target<String, String> CHARGE = Target.text("charge");

    private JavaShop() {}

    static void chargeOrders(
            Map<String, ?> consumerConfig,
            Path calls,
            BinaryOperator<String> gateway,
            CountDownLatch closed)
            throws Exception {
        // docs:begin kafka-consumer
        try (QueueRunner queue =
                        QueueRunner.open(calls)
                                .handle(
                                        CHARGE,
                                        (context, order) ->
                                                // names the record, in every attempt
                                                gateway.apply(
                                                        order, context.getCall().getUniqueKey()))
                                .build()
                                .start();
                DurableConsumer consumer =
                        DurableConsumer.of(
                                consumerConfig,
                                queue.asRetryQueue(),
                                c ->
                                        c.topic(
                                                "orders",
                                                CHARGE,
                                                t ->
                                                        t.inPlace("every(200ms) maxAttempts(2)")
                                                                .policy(
                                                                        "exponential(1s, max=1h)"
                                                                                + " maxAttempts(100)")
                                                                .onDeadPredecessor(
                                                                        OnDeadPredecessor
                                                                                .BLOCK)))) {
            consumer.runAsync();
            closed.await();
        } // leaves the group first, and then the queue ends
        // docs:end
    }
}
