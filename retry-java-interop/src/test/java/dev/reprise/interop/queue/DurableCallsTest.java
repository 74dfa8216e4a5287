package dev.reprise.interop.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.queue.model.CallCount;
import dev.reprise.queue.model.CallFailedException;
import dev.reprise.queue.model.CallState;
import dev.reprise.queue.model.DeadReason;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of calls, in virtual time. */
class DurableCallsTest {
    private static final CallTarget<String, String> CHARGE = CallTarget.text("charge");
    private static final Duration SECOND = Duration.ofSeconds(1);
    private final VirtualTime time = new VirtualTime();
    private final List<String> log = new ArrayList<>();
    private QueueRunner queue = QueueRunner.inMemory(time).build();

    private void start(QueueRunnerBuilder builder) {
        queue = builder.build().start();
    }

    @AfterEach
    void close() {
        queue.close();
    }

    private static String down() throws IOException {
        throw new IOException("down");
    }

    private void note(String what) {
        log.add(time.elapsed().toSeconds() + "s " + what);
    }

    @Test
    void theDefaultPolicyMakes81CallsOverThreeDays() throws Exception {
        start(QueueRunner.inMemory(time).handle(CHARGE, request -> down()));
        CallInfo call = time.await(queue.enqueue(CHARGE, "42 EUR").end());
        assertEquals(81, call.attempts());
        assertEquals(81, call.claims());
        assertEquals(Optional.of(DeadReason.EXHAUSTED), call.deadReason());
        assertEquals(2, time.elapsed().toDays());
    }

    @Test
    void aCallReturnsWhatItsHandlerReturned() throws Exception {
        start(QueueRunner.inMemory(time).handle(CHARGE, request -> "paid " + request));
        assertEquals("paid 42 EUR", time.await(queue.enqueue(CHARGE, "42 EUR").result()));
        assertEquals(List.of(new CallCount("charge", CallState.SUCCEEDED, 1)), queue.counts());
    }

    @Test
    void aCallKeepsItsIdThroughAllAttempts() throws Exception {
        start(
                QueueRunner.inMemory(time)
                        .handle(
                                CHARGE,
                                (call, request) -> {
                                    note(call.attempt() + " " + call.cid());
                                    return call.attempt() < 3 ? down() : "paid";
                                }));
        QueuedCall<String> call =
                queue.enqueue(CHARGE, "42", c -> c.policy(p -> p.every(SECOND).maxAttempts(3)));
        assertEquals("paid", time.await(call.result()));
        assertEquals(
                List.of("0s 1 " + call.cid(), "1s 2 " + call.cid(), "2s 3 " + call.cid()), log);
        assertEquals(
                List.of(
                        new CallError(
                                1, Instant.EPOCH, "java.io.IOException", "down", worker(call, 0)),
                        new CallError(
                                2,
                                Instant.ofEpochSecond(1),
                                "java.io.IOException",
                                "down",
                                worker(call, 1))),
                queue.errors(call.cid()));
    }

    private String worker(QueuedCall<?> call, int error) {
        return queue.errors(call.cid()).get(error).worker();
    }

    @Test
    void aRepairedHandlerMakesTheNextAttemptSucceed() throws Exception {
        start(QueueRunner.inMemory(time).handle(CHARGE, request -> down()));
        QueuedCall<String> call = queue.enqueue(CHARGE, "42");
        time.advanceBy(Duration.ofSeconds(30));
        queue.replaceHandler(CHARGE, 2, (context, request) -> "repaired");
        assertEquals("repaired", time.await(call.result()));
        assertEquals(Duration.ofMinutes(1), time.elapsed());
        assertEquals(OptionalInt.of(2), queue.find(call.cid()).orElseThrow().handlerVersion());
    }

    @Test
    void aSnoozeUsesUpNoAttempt() throws Exception {
        AtomicInteger times = new AtomicInteger();
        start(
                QueueRunner.inMemory(time)
                        .handle(
                                CHARGE,
                                (call, request) -> {
                                    if (times.incrementAndGet() <= 5) {
                                        throw call.snooze(Duration.ofHours(1));
                                    }
                                    return "at last";
                                }));
        QueuedCall<String> call = queue.enqueue(CHARGE, "42", c -> c.policy("maxAttempts(1)"));
        assertEquals("at last", time.await(call.result()));
        assertEquals(Duration.ofHours(5), time.elapsed());
        CallInfo end = queue.find(call.cid()).orElseThrow();
        assertEquals(List.of(6, 1, 5), List.of(end.claims(), end.attempts(), end.snoozes()));
    }

    @Test
    void whatTheHandlerRejectsIsDeadAtOnce() throws Exception {
        start(
                QueueRunner.inMemory(time)
                        .handle(
                                CHARGE,
                                (call, request) -> {
                                    throw call.reject("no such account");
                                }));
        QueuedCall<String> call = queue.enqueue(CHARGE, "42");
        CallFailedException e =
                assertThrows(CallFailedException.class, () -> time.await(call.result()));
        assertEquals("call " + call.cid() + " died (REJECTED) after 1 attempt", e.getMessage());
        assertEquals("no such account", queue.errors(call.cid()).get(0).message());
    }

    @Test
    void aStageIsAsGoodAsAValueAndIsCancelledAtTheTimeout() throws Exception {
        CompletableFuture<String> silent = new CompletableFuture<>();
        start(
                QueueRunner.inMemory(time)
                        .handleAsync(
                                CHARGE,
                                (call, request) -> {
                                    note("attempt " + call.attempt());
                                    return call.attempt() == 1
                                            ? silent
                                            : CompletableFuture.completedFuture("in time");
                                },
                                how -> {}));
        QueuedCall<String> call =
                queue.enqueue(
                        CHARGE,
                        "42",
                        c ->
                                c.policy(
                                        p ->
                                                p.every(SECOND)
                                                        .maxAttempts(2)
                                                        .attemptTimeout(Duration.ofSeconds(5))));
        assertEquals("in time", time.await(call.result()));
        assertEquals(List.of("0s attempt 1", "6s attempt 2"), log);
        assertTrue(silent.isCancelled());
        assertEquals(
                "dev.reprise.policy.AttemptTimeoutException",
                queue.errors(call.cid()).get(0).type());
    }

    @Test
    void whatAStageFailsWithIsWrittenDownAsItIs() throws Exception {
        start(QueueRunner.inMemory(time).handleAsync(CHARGE, DurableCallsTest::answer));
        List<String> said = new ArrayList<>();
        for (String request : List.of("throws", "fails", "null", "cancelled")) {
            QueuedCall<String> call =
                    queue.enqueue(CHARGE, request, c -> c.policy("maxAttempts(1)"));
            time.await(call.end());
            CallError error = queue.errors(call.cid()).get(0);
            // What a cancelled stage says depends on the JDK.
            boolean isCancelled = request.equals("cancelled");
            said.add(isCancelled ? error.type() : error.type() + ": " + error.message());
        }
        assertEquals(
                List.of(
                        "java.lang.IllegalStateException: thrown",
                        "java.io.IOException: down",
                        "java.lang.NullPointerException: the handler 'charge' returned null;"
                                + " it must return a CompletionStage",
                        "java.util.concurrent.CancellationException"),
                said);
    }

    private static CompletionStage<String> answer(String request) {
        return switch (request) {
            case "throws" -> throw new IllegalStateException("thrown");
            case "fails" ->
                    CompletableFuture.<String>supplyAsync(() -> "", Runnable::run)
                            .thenCompose(
                                    value ->
                                            CompletableFuture.failedFuture(
                                                    new IOException("down")));
            case "cancelled" -> {
                CompletableFuture<String> stage = new CompletableFuture<>();
                stage.cancel(true);
                yield stage;
            }
            default -> null;
        };
    }
}
