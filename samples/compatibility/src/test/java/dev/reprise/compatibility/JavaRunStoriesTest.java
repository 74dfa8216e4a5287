package dev.reprise.compatibility;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.RetryProxy;
import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.RetryWith;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.policy.StopReason;
import dev.reprise.run.RetryOutcome;
import dev.reprise.run.RetryReport;
import dev.reprise.run.StopSignal;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** One call from Java. */
final class JavaRunStoriesTest {
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final VirtualTime time = new VirtualTime();
    private final RetryRunner briefly =
            RetryRunner.builder()
                    .every(Duration.ofMinutes(1))
                    .maxAttempts(3)
                    .testing(t -> t.time(time))
                    .build();
    private int calls;

    private String call(int failures) throws ConnectException {
        log.add("call " + ++calls);
        if (calls <= failures) {
            throw new ConnectException("refused");
        }
        return "answer " + calls;
    }

    @Test
    void aThreadWaitsInVirtualTime() throws Exception {
        log.add(briefly.call(() -> call(2)));
        assertEquals(List.of("call 1", "call 2", "call 3", "answer 3"), log);
        assertEquals(Duration.ofMinutes(2), time.elapsed());
    }

    @Test
    void theLastFailureCarriesTheReport() {
        ConnectException failure =
                assertThrows(ConnectException.class, () -> briefly.call(() -> call(99)));
        RetryReport report = RetryReport.of(failure);
        assertEquals(3, report.getAttempts());
        assertEquals(StopReason.EXHAUSTED, report.getStopReason());
    }

    @Test
    void anOutcomeIsAValue() throws Exception {
        RetryOutcome<String> outcome = briefly.outcome(() -> call(2));
        log.add(outcome.fold(value -> value, failure -> failure.getMessage()));
        assertEquals(List.of("call 1", "call 2", "call 3", "answer 3"), log);
    }

    @Test
    void futuresAndStagesAreRetried() throws Exception {
        log.add(time.await(briefly.supplyAsync(() -> call(1))));
        log.add(
                time.await(
                        briefly.callAsync(() -> CompletableFuture.completedFuture("immediately"))));
        assertEquals(List.of("call 1", "call 2", "answer 2", "immediately"), log);
    }

    @Test
    void aStopEndsTheWaitOfAFuture() {
        StopSignal shutdown = new StopSignal();
        RetryRunner reconnect =
                RetryRunner.builder()
                        .every(Duration.ofSeconds(60))
                        .stopWhen(shutdown)
                        .testing(t -> t.time(time))
                        .build();
        CompletableFuture<String> stopped = reconnect.supplyAsync(() -> call(99));
        CompletableFuture<String> cancelled = reconnect.supplyAsync(() -> call(99));
        time.advanceBy(Duration.ofSeconds(1));
        cancelled.cancel(true);
        shutdown.stop("closing time");
        time.advanceBy(Duration.ofSeconds(600));
        assertTrue(cancelled.isCancelled());
        assertEquals("refused", stopped.handle((value, e) -> e.getMessage()).join());
        assertEquals(List.of("call 1", "call 2"), log);
    }

    @Test
    void anInterfaceIsRetriedByItsAnnotations() throws Exception {
        Prices prices = RetryProxy.of(Prices.class, sku -> sku + " " + call(2));
        assertEquals("umbrella answer 3", prices.price("umbrella"));
    }

    interface Prices {
        @RetryWith(value = "every(1ms) maxAttempts(3) on(java.io.IOException)")
        String price(String sku) throws IOException;
    }
}
