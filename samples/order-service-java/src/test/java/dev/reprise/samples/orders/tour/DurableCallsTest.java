package dev.reprise.samples.orders.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.reprise.RetryPolicy;
import dev.reprise.interop.queue.QueueRunner;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.queue.ReloadingHandlers;
import dev.reprise.queue.model.Call;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.CallOutcome;
import dev.reprise.queue.model.Diagnosis;
import dev.reprise.queue.model.InvokeResult;
import dev.reprise.queue.model.PayloadCodec;
import dev.reprise.queue.model.QueueHealth;
import dev.reprise.queue.model.Target;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

/** The examples of the guide about durable calls. */
class DurableCallsTest {
    private final Target<String, String> charge = Target.text("charge");
    private final VirtualTime time = new VirtualTime();
    private final Gateway gateway = new Gateway();
    private final List<String> log = new ArrayList<>();
    private QueueRunner queue;
    @TempDir Path folder;

    @BeforeEach
    void start() {
        queue =
                QueueRunner.inMemory(time)
                        .handle(charge, (context, order) -> gateway.charge(order, context.getCid()))
                        .callback("charged", outcome -> {})
                        .build()
                        .start();
    }

    @Test
    void aQueueInAFile() throws Exception {
        Path file = folder.resolve("calls.db");
        gateway.failures = 1;
        // docs:begin durable-queue
        Target<String, String> charge = Target.text("charge"); // text in, text out
        try (QueueRunner queue =
                QueueRunner.open(file)
                        .handle(charge, (context, order) -> gateway.charge(order, context.getCid()))
                        .grace(Duration.ofSeconds(10))
                        .build()
                        .start()) {
            CallHandle<String> call =
                    queue.enqueue(charge, "42 EUR", c -> c.policy("every(1s) maxAttempts(5)"));
            CompletableFuture<String> receipt = call.resultAsync(); // always completes
            log.add(receipt.get());
        }
        // docs:end
        assertTrue(log.get(0).startsWith("42 EUR paid with"), log::toString);
    }

    @Test
    void aQueueInADatabase() {
        SQLiteDataSource dataSource = new SQLiteDataSource();
        dataSource.setUrl("jdbc:sqlite:" + folder.resolve("calls.db"));
        // docs:begin durable-jdbc
        QueueRunner queue =
                QueueRunner.jdbc(dataSource) // PostgreSQL or SQLite
                        .migrate()
                        .handle(charge, order -> "paid " + order)
                        .build();
        // docs:end
        try (queue) {
            assertTrue(queue.enqueue(charge, "42").isNew());
        }
    }

    @Test
    void optionsOfACall() {
        // docs:begin durable-options
        queue.enqueue(
                charge,
                "42 EUR",
                c ->
                        c.policy("every(1m) maxAttempts(10)")
                                .uniqueKey("order/42") // a duplicate gets the first one
                                .uniqueFor(Duration.ofDays(1)) // for a day after its end too
                                .orderKey("customer/7") // one after the other
                                .priority(9)
                                .delay(Duration.ofMinutes(10))
                                .deadline(Instant.now().plus(Duration.ofDays(1)))
                                .callback("charged")
                                .context("order 42"));
        // docs:end
        assertEquals(1, queue.counts().size());
    }

    @Test
    void aCallbackIsNotifiedHowACallEnded() throws Exception {
        List<CallOutcome> told = new ArrayList<>();
        gateway.failures = 2;
        // docs:begin durable-callback
        QueueRunner queue =
                QueueRunner.inMemory(time)
                        .handle(charge, (context, order) -> gateway.charge(order, context.getCid()))
                        .callback("charged", outcome -> told.add(outcome)) // retried too
                        .build();
        // docs:end
        queue.start();
        time.await(
                queue.enqueue(
                                charge,
                                "42",
                                c -> c.policy("every(10s) maxAttempts(3)").callback("charged"))
                        .resultAsync());
        time.advanceBy(Duration.ZERO);
        assertEquals(3, told.get(0).getAttempts());
    }

    @Test
    void threeWaysToInvoke() throws Exception {
        String order = "42";
        // docs:begin durable-modes
        String receipt = queue.invoke(charge, order, RetryPolicy.parse("every(1s) maxAttempts(3)"));

        InvokeResult<String> first =
                queue.invokeOrDefer(
                        charge,
                        order,
                        c -> c.policy("every(10m) maxAttempts(3)").callback("charged"));
        if (first instanceof InvokeResult.Completed<String> completed) {
            log.add("paid: " + completed.getValue());
        } else if (first instanceof InvokeResult.Deferred deferred) {
            log.add("we will tell you, ask for " + deferred.getCid());
        }

        CallHandle<String> call =
                queue.enqueue(
                        charge,
                        order,
                        c -> c.policy("every(30s) maxAttempts(3)").callback("charged"));
        // docs:end
        assertTrue(receipt.startsWith("42 paid"), receipt);
        assertTrue(log.get(0).startsWith("paid: 42"), log::toString);
        assertTrue(time.await(call.resultAsync()).startsWith("42 paid"));
        gateway.failures = 1;
        assertInstanceOf(InvokeResult.Deferred.class, queue.invokeOrDefer(charge, order, c -> {}));
    }

    @Test
    void deadLetters() throws Exception {
        gateway.failures = 1;
        time.await(queue.enqueue(charge, "42", c -> c.policy("maxAttempts(1)")).endAsync());
        // docs:begin durable-dead
        for (Call call : queue.deadCalls(10)) {
            log.add(call + ": " + queue.errors(call.getCid())); // oldest first
        }
        queue.replaceHandler(
                charge, 2, (context, order) -> gateway.charge(order, context.getCid()));
        Predicate<Call> old =
                call -> call.getHandler().equals("charge") && call.getHandlerVersion() < 2;
        Set<String> which = queue.replay(true, old).keySet(); // a dry run
        queue.replay(old); // ready again
        // docs:end
        time.advanceBy(Duration.ofSeconds(1));
        assertEquals(1, which.size());
        assertEquals(List.of(), queue.deadCalls(10));
        assertTrue(
                log.get(0)
                        .startsWith(
                                "Call("
                                        + which.iterator().next()
                                        + ", charge, DEAD(EXHAUSTED)): ["));
    }

    @Test
    void codeIsRepairedWhileTheQueueRuns() throws Exception {
        RepairedCharge.putInto(folder);
        // docs:begin durable-reloading
        String handler = "dev.reprise.samples.orders.tour.RepairedCharge";
        try (ReloadingHandlers handlers = new ReloadingHandlers(folder);
                QueueRunner queue =
                        QueueRunner.inMemory(time)
                                .handle(charge, handlers, handler) // read from the folder
                                .build()
                                .start()) {
            CallHandle<String> call = queue.enqueue(charge, "42");
            assertEquals("42 charged by version 3", time.await(call.resultAsync()));
        }
        // docs:end
    }

    @Test
    void questions() {
        CallHandle<String> call = queue.enqueue(charge, "42", c -> c.delay(Duration.ofMinutes(10)));
        // docs:begin durable-why
        Diagnosis why = queue.why(call.getCid()); // NOT_DUE, "it is due at …, after 0 attempts"
        queue.pause("default"); // in all processes, until resume
        QueueHealth health = queue.health();
        if (!health.isHealthy()) {
            log.add("the store has been down for " + health.getStoreDownFor());
        }
        queue.cancel(call.getCid());
        // docs:end
        assertEquals(Diagnosis.Reason.NOT_DUE, why.getReason());
    }

    @Test
    void stepsOfARetriedHandler() throws Exception {
        Target<String, String> order = Target.text("order");
        // docs:begin durable-steps
        QueueRunner queue =
                QueueRunner.inMemory(time)
                        .handle(
                                order,
                                (context, goods) -> {
                                    if (goods.isBlank()) {
                                        throw context.reject("an order without goods"); // dead
                                    }
                                    if (time.elapsed().toHours() < 1) {
                                        throw context.snooze(Duration.ofHours(1)); // no attempt
                                    }
                                    this.queue.enqueueOnce(context, "charge", charge, goods);
                                    if (context.getAttempt() < 3) {
                                        throw new IOException("the warehouse is closed");
                                    }
                                    return "done";
                                })
                        .handle(charge, goods -> goods + log.add(goods))
                        .build();
        // docs:end
        queue.start();
        assertEquals("done", time.await(queue.enqueue(order, "42").resultAsync()));
        time.advanceBy(Duration.ofSeconds(1));
        assertEquals(List.of("42"), log);
    }

    @Test
    void aCallThatContinuesWhenOthersHaveEnded() throws Exception {
        Target<String, String> order = Target.text("order");
        Target<String, String> pack = Target.text("pack");
        // docs:begin durable-fan-in
        QueueRunner queue =
                QueueRunner.inMemory(time)
                        .handle(
                                order,
                                (context, goods) -> {
                                    List<CallHandle<String>> parts = new ArrayList<>();
                                    for (String it : goods.split(" ")) {
                                        parts.add(this.queue.enqueueOnce(context, it, pack, it));
                                    }
                                    // throws, as snooze does, until all of them have ended
                                    context.awaitEnds(parts);
                                    return parts.size() + " parts shipped";
                                })
                        .handle(pack, part -> part + log.add(part))
                        .build();
        // docs:end
        queue.start();
        assertEquals("2 parts shipped", time.await(queue.enqueue(order, "a b").resultAsync()));
        assertEquals(List.of("a", "b"), log);
    }

    // docs:begin durable-codec
    record Order(String id, int cents) {}

    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final PayloadCodec<Order> JSON =
            PayloadCodec.of(
                    "json",
                    MAPPER::writeValueAsBytes,
                    bytes -> MAPPER.readValue(bytes, Order.class));
    private static final Target<Order, String> PAY = new Target<>("pay", JSON, PayloadCodec.Text);

    // docs:end

    @Test
    void aCustomCodec() throws Exception {
        try (QueueRunner queue =
                QueueRunner.inMemory(time)
                        .handle(PAY, order -> order.id() + " paid " + order.cents())
                        .build()
                        .start()) {
            assertEquals(
                    "7 paid 4200",
                    time.await(queue.enqueue(PAY, new Order("7", 4200)).resultAsync()));
        }
    }

    // docs:begin durable-testing
    @Test
    void threeDaysOfRetriesInMilliseconds() throws Exception {
        VirtualTime time = new VirtualTime();
        QueueRunner queue =
                QueueRunner.inMemory(time)
                        .handle(
                                charge,
                                order -> {
                                    throw new IOException("down");
                                })
                        .build()
                        .start();
        Call end = time.await(queue.enqueue(charge, "42 EUR").endAsync());
        assertEquals(81, end.getAttempts());
    }

    // docs:end

    /** Takes money, after some failures. */
    private static final class Gateway {
        private int failures;

        String charge(String order, String idempotencyKey) throws IOException {
            if (failures-- > 0) {
                throw new IOException("down");
            }
            return order + " paid with " + idempotencyKey;
        }
    }
}
