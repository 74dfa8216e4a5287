package dev.reprise.samples.tour;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.policy.Rethrow;
import dev.reprise.policy.StopReason;
import dev.reprise.run.NestedRetries;
import dev.reprise.run.RetryBudget;
import dev.reprise.run.RetryEvent;
import dev.reprise.run.RetryOutcome;
import dev.reprise.run.RetryReport;
import dev.reprise.run.StopSignal;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class RunsTest {
    private final VirtualTime time = new VirtualTime();
    private final RetryRunner briefly =
            RetryRunner.builder()
                    .every(Duration.ofSeconds(1))
                    .maxAttempts(3)
                    .testing(t -> t.time(time))
                    .build();
    private final List<String> log = new ArrayList<>();
    private FarEnd api = new FarEnd(99);

    @Test
    void anOutcomeIsAValue() throws Exception {
        // docs:begin outcome
        RetryOutcome<String> outcome = briefly.outcome(() -> api.call());
        if (outcome instanceof RetryOutcome.Success<String> success) {
            log.add(success.getValue() + " after " + success.getAttempts() + " attempts");
        } else if (outcome instanceof RetryOutcome.Failure failure) {
            log.add(failure.getReport().getStopReason() + ": " + failure.getFailure());
        }
        // docs:end
        assertEquals(List.of("EXHAUSTED: java.net.ConnectException: refused"), log);
    }

    @Test
    void aFallbackReplacesTheFailureOfTheRun() throws Exception {
        String lastKnown = "yesterday's answer";
        // docs:begin fallback
        String cached = briefly.outcome(() -> api.call()).orElse(failure -> lastKnown);
        // docs:end
        assertEquals(lastKnown, cached);
    }

    @Test
    void theLastFailureIsThrownUnchangedAndCarriesTheReport() throws Exception {
        // docs:begin report
        try {
            briefly.call(() -> api.call());
        } catch (ConnectException e) {
            RetryReport report = requireNonNull(RetryReport.of(e));
            log.add(report.getAttempts() + " attempts, ended by " + report.getStopReason());
        }
        // docs:end
        assertEquals(List.of("3 attempts, ended by EXHAUSTED"), log);
    }

    @Test
    void theFirstFailureAndTheLastResultWhereTheyAreMoreUseful() throws Exception {
        Duration second = Duration.ofSeconds(1);
        // docs:begin endings
        RetryRunner first =
                RetryRunner.builder().every(second).maxAttempts(3).rethrow(Rethrow.FIRST).build();
        RetryRunner last =
                RetryRunner.builder()
                        .every(second)
                        .maxAttempts(3)
                        .onResult(String.class, "not yet"::equals)
                        .returnLastResult()
                        .build();
        // docs:end
        RetryRunner firstNow =
                RetryRunner.builder().policy(first.getPolicy()).testing(t -> t.time(time)).build();
        AtomicInteger calls = new AtomicInteger();
        IOException failure =
                assertThrows(
                        IOException.class,
                        () ->
                                firstNow.run(
                                        () -> {
                                            throw new IOException("" + calls.incrementAndGet());
                                        }));
        assertEquals("1", failure.getMessage());
        RetryRunner lastNow =
                RetryRunner.builder().policy(last.getPolicy()).testing(t -> t.time(time)).build();
        assertEquals("not yet", lastNow.call(() -> "not yet"));
    }

    @Test
    void aListenerReceivesAllEvents() throws Exception {
        api = new FarEnd(1);
        // docs:begin events
        RetryRunner watched =
                RetryRunner.builder()
                        .every(Duration.ofMillis(1))
                        .maxAttempts(3)
                        .listener(
                                event -> {
                                    if (event instanceof RetryEvent.AttemptFailed e) {
                                        log.add("attempt " + e.getNumber() + ": " + e.getFailure());
                                    } else if (event instanceof RetryEvent.GaveUp e) {
                                        log.add("gave up: " + e.getReport().getStopReason());
                                    }
                                })
                        .build();
        // docs:end
        watched.call(() -> api.call());
        assertEquals(List.of("attempt 1: java.net.ConnectException: refused"), log);
    }

    @Test
    void stopAndCancelAreDifferent() throws Exception {
        // docs:begin stop
        StopSignal shutdown = new StopSignal(); // or StopSignal.onShutdown()
        RetryRunner reconnect =
                RetryRunner.builder().every(Duration.ofSeconds(60)).stopWhen(shutdown).build();
        CompletableFuture<String> stopped = reconnect.supplyAsync(() -> api.call());
        CompletableFuture<String> cancelled = reconnect.supplyAsync(() -> api.call());

        cancelled.cancel(true); // no further attempt; its wait and its running attempt end now
        shutdown.stop("closing time"); // waits end now; what they throw is their last failure
        // docs:end
        assertTrue(cancelled.isCancelled());
        assertTrue(stopped.handle((value, e) -> e != null).join());
    }

    @Test
    void futures() throws Exception {
        api = new FarEnd(2);
        // docs:begin futures
        String blocked = briefly.call(() -> api.call()); // on this thread
        CompletableFuture<String> supplied = briefly.supplyAsync(() -> api.call()); // on another
        CompletableFuture<String> staged =
                briefly.callAsync(() -> callLater()); // the call is asynchronous itself
        // docs:end
        assertEquals("answer 3", blocked);
        assertEquals("answer 4", time.await(supplied));
        assertEquals("later", time.await(staged));
    }

    private static CompletableFuture<String> callLater() {
        return CompletableFuture.supplyAsync(() -> "later");
    }

    @Test
    void aBudgetIsShared() {
        // docs:begin budget
        RetryBudget budget = new RetryBudget(0.1, 1.0); // one for all that call the same service
        RetryRunner polite =
                RetryRunner.builder()
                        .exponential(Duration.ofMillis(100))
                        .maxAttempts(50)
                        .budget(budget)
                        .build();
        // docs:end
        RetryRunner now =
                RetryRunner.builder()
                        .policy(polite.getPolicy())
                        .budget(budget)
                        .testing(t -> t.time(time))
                        .build();
        ConnectException e = assertThrows(ConnectException.class, () -> now.call(() -> api.call()));
        assertEquals(StopReason.BUDGET, requireNonNull(RetryReport.of(e)).getStopReason());
    }

    @Test
    void retriesInsideRetries() throws Exception {
        // docs:begin nested
        RetryRunner outer =
                RetryRunner.builder()
                        .every(Duration.ofMillis(1))
                        .maxAttempts(3)
                        .nestedRetries(NestedRetries.SUPPRESS)
                        .build();

        RetryOutcome<String> outcome =
                outer.outcome(() -> briefly.call(() -> api.call())); // 3 calls
        // docs:end
        assertFalse(outcome.isSuccess());
        assertEquals(3, api.calls());
    }

    @Test
    void theFutureOfAStageDoesNotCancelTheRun() {
        RetryRunner forEver =
                RetryRunner.builder()
                        .every(Duration.ofSeconds(1))
                        .forever()
                        .testing(t -> t.time(time))
                        .build();
        // docs:begin derived-wrong
        CompletableFuture<Integer> length =
                forEver.supplyAsync(() -> api.call()).thenApply(String::length);
        length.cancel(true); // cancels the length; the run continues
        // docs:end
        time.advanceBy(Duration.ofSeconds(10));
        assertEquals(11, api.calls());
        // docs:begin derived-right
        CompletableFuture<String> answer = forEver.supplyAsync(() -> api.call());
        CompletableFuture<Integer> lengthOfAnswer = answer.thenApply(String::length);
        answer.cancel(true); // ends the run, and with it the length
        // docs:end
        assertTrue(lengthOfAnswer.isCompletedExceptionally());
    }
}
