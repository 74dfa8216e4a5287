package dev.reprise.interop.queue;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.queue.model.AttemptError;
import dev.reprise.queue.model.Call;
import dev.reprise.queue.model.CallCount;
import dev.reprise.queue.model.CallFailedException;
import dev.reprise.queue.model.CallHandle;
import dev.reprise.queue.model.CallState;
import dev.reprise.queue.model.DeadReason;
import dev.reprise.queue.model.Target;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The life of calls, in virtual time. */
class DurableCallsTest {
    private static final Target<String, String> CHARGE = Target.text("charge");
    private static final Duration SECOND = Duration.ofSeconds(1);
    private final VirtualTime time = new VirtualTime();
    private final List<String> log = new ArrayList<>();
    private QueueRunner queue = QueueRunner.inMemory(time).build();

    private void start(QueueRunner.Builder builder) {
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
    void theDefaultPolicyMakes81AttemptsOverThreeDays() throws Exception {
        start(QueueRunner.inMemory(time).handle(CHARGE, request -> down()));
        Call call = time.await(queue.enqueue(CHARGE, "42 EUR").endAsync());
        assertEquals(81, call.getAttempts());
        assertEquals(81, call.getClaims());
        assertEquals(DeadReason.EXHAUSTED, call.getDeadReason());
        assertEquals(2, time.elapsed().toDays());
    }

    @Test
    void aCallReturnsWhatItsHandlerReturned() throws Exception {
        start(QueueRunner.inMemory(time).handle(CHARGE, request -> "paid " + request));
        assertEquals("paid 42 EUR", time.await(queue.enqueue(CHARGE, "42 EUR").resultAsync()));
        assertEquals(List.of(CallCount.of("charge", CallState.SUCCEEDED, 1)), queue.counts());
    }

    @Test
    void aCallKeepsItsIdThroughAllAttempts() throws Exception {
        start(
                QueueRunner.inMemory(time)
                        .handle(
                                CHARGE,
                                (call, request) -> {
                                    note(call.getAttempt() + " " + call.getCid());
                                    return call.getAttempt() < 3 ? down() : "paid";
                                }));
        CallHandle<String> call =
                queue.enqueue(CHARGE, "42", c -> c.policy("every(1s) maxAttempts(3)"));
        assertEquals("paid", time.await(call.resultAsync()));
        assertEquals(
                List.of("0s 1 " + call.getCid(), "1s 2 " + call.getCid(), "2s 3 " + call.getCid()),
                log);
        List<AttemptError> errors = queue.errors(call.getCid());
        assertEquals(
                List.of(
                        "AttemptError(attempt 1 at 1970-01-01T00:00:00Z: java.io.IOException: down)",
                        "AttemptError(attempt 2 at 1970-01-01T00:00:01Z: java.io.IOException: down)"),
                errors.stream().map(AttemptError::toString).toList());
        assertNotNull(errors.get(0).getWorker());
        assertNotNull(errors.get(0).getTrace());
    }

    @Test
    void aRepairedHandlerMakesTheNextAttemptSucceed() throws Exception {
        start(QueueRunner.inMemory(time).handle(CHARGE, request -> down()));
        CallHandle<String> call = queue.enqueue(CHARGE, "42");
        time.advanceBy(Duration.ofSeconds(30));
        queue.replaceHandler(CHARGE, 2, (context, request) -> "repaired");
        assertEquals("repaired", time.await(call.resultAsync()));
        assertEquals(Duration.ofMinutes(1), time.elapsed());
        assertEquals(2, queue.find(call.getCid()).getHandlerVersion());
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
        CallHandle<String> call = queue.enqueue(CHARGE, "42", c -> c.policy("maxAttempts(1)"));
        assertEquals("at last", time.await(call.resultAsync()));
        assertEquals(Duration.ofHours(5), time.elapsed());
        Call end = queue.find(call.getCid());
        assertEquals(
                List.of(6, 1, 5), List.of(end.getClaims(), end.getAttempts(), end.getSnoozes()));
    }

    @Test
    void aCallThatItsHandlerRejectsIsDeadImmediately() throws Exception {
        start(
                QueueRunner.inMemory(time)
                        .handle(
                                CHARGE,
                                (call, request) -> {
                                    throw call.reject("no such account");
                                }));
        CallHandle<String> call = queue.enqueue(CHARGE, "42");
        CallFailedException e =
                assertThrows(CallFailedException.class, () -> time.await(call.resultAsync()));
        assertEquals("call " + call.getCid() + " died (REJECTED) after 1 attempt", e.getMessage());
        assertEquals("no such account", queue.errors(call.getCid()).get(0).getMessage());
    }

    @Test
    void aHandlerMayReturnAStageWhichIsCancelledAtTheTimeout() throws Exception {
        CompletableFuture<String> silent = new CompletableFuture<>();
        start(
                QueueRunner.inMemory(time)
                        .handleAsync(
                                CHARGE,
                                (call, request) -> {
                                    note("attempt " + call.getAttempt());
                                    return call.getAttempt() == 1
                                            ? silent
                                            : CompletableFuture.completedFuture("in time");
                                },
                                how -> {}));
        CallHandle<String> call =
                queue.enqueue(
                        CHARGE, "42", c -> c.policy("every(1s) maxAttempts(2) attemptTimeout(5s)"));
        assertEquals("in time", time.await(call.resultAsync()));
        assertEquals(List.of("0s attempt 1", "6s attempt 2"), log);
        assertTrue(silent.isCancelled());
        assertEquals(
                "dev.reprise.policy.AttemptTimeoutException",
                queue.errors(call.getCid()).get(0).getType());
    }

    @Test
    void theFailureOfAStageIsRecordedUnchanged() throws Exception {
        start(QueueRunner.inMemory(time).handleAsync(CHARGE, DurableCallsTest::answer));
        List<String> said = new ArrayList<>();
        for (String request : List.of("throws", "fails", "null", "cancelled")) {
            CallHandle<String> call =
                    queue.enqueue(CHARGE, request, c -> c.policy("maxAttempts(1)"));
            time.await(call.endAsync());
            AttemptError error = queue.errors(call.getCid()).get(0);
            // The message of a cancelled stage depends on the JDK.
            boolean isCancelled = request.equals("cancelled");
            said.add(isCancelled ? error.getType() : error.getType() + ": " + error.getMessage());
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
