package dev.reprise.samples.orders;

import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.policy.Jitter;
import dev.reprise.queue.model.CallContext;
import dev.reprise.queue.model.CallOutcome;
import dev.reprise.queue.model.Target;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** How orders are charged, and what is done when one is. */
final class Charging {
    /** Charges an order, by its id; returns the receipt. */
    static final Target<String, String> CHARGE = Target.text("charge");

    private final Payments payments;
    private final OrderBook book;
    private final Consumer<String> say;

    Charging(Payments payments, OrderBook book, Consumer<String> say) {
        this.payments = payments;
        this.book = book;
        this.say = say;
    }

    QueueRunner.Builder on(QueueRunner.Builder builder) {
        return builder.handleAsync(CHARGE, this::charge, how -> {})
                .callback("charged", this::charged)
                .policy(
                        p ->
                                p.on(IOException.class)
                                        .exponential(Duration.ofMillis(500), Duration.ofHours(1))
                                        .jitter(Jitter.NONE)
                                        .attemptTimeout(Duration.ofSeconds(10))
                                        .maxDuration(Duration.ofDays(3)));
    }

    private CompletionStage<String> charge(CallContext call, String order) {
        return payments.charge(order, call.getCid())
                .whenComplete((receipt, failure) -> tell(call, order, receipt));
    }

    private void tell(CallContext call, String order, String receipt) {
        say.accept(
                receipt == null
                        ? "order %s: attempt %d failed, the gateway is unreachable"
                                .formatted(order, call.getAttempt())
                        : "order %s: the gateway took the money, %s".formatted(order, receipt));
    }

    private void charged(CallOutcome outcome) throws SQLException {
        String order = outcome.getContext();
        if (outcome.getOk()) {
            book.paid(order, outcome.getResponse());
        }
        String end = outcome.getOk() ? "paid" : "not paid, its charge is " + outcome.getState();
        say.accept("order " + order + ": " + end);
    }
}
