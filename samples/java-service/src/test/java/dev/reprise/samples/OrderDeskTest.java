package dev.reprise.samples;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.CompletableFuture.completedFuture;
import static java.util.concurrent.CompletableFuture.failedFuture;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.policy.StopReason;
import dev.reprise.run.RetryReport;
import dev.reprise.run.RetryStoppedException;
import dev.reprise.run.StopSignal;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class OrderDeskTest {
    private final VirtualTime time = new VirtualTime();
    private final StopSignal shutdown = new StopSignal();
    private final List<String> story = new ArrayList<>();
    private final RetryRunner.Builder around =
            RetryRunner.builder()
                    .testing(t -> t.time(time))
                    .stopWhen(shutdown)
                    .listener(new Narrator(story::add));

    @Test
    void aServerThatIsDownThenBusyThenSilentThenWell() throws Exception {
        Orders server = scripted(refused(), busy(3), silence(), completedFuture("order 1 is in"));

        String receipt = time.await(new OrderDesk(server, around).place("one umbrella"));

        assertEquals("order 1 is in", receipt);
        assertEquals(
                List.of(
                        "  attempt 1 at 0ms: connection refused - next attempt in 200ms",
                        "  attempt 2 at 200ms: the server is busy: 503, come back in 3s"
                                + " - next attempt in 3.0s",
                        "  attempt 3 at 4.2s: no response in time - next attempt in 800ms",
                        "  attempt 4 at 5.0s: it worked"),
                story);
    }

    @Test
    void aDelayThatTheServerRequestsBeyondTheDeadlineEndsTheRunImmediately() {
        CompletableFuture<String> order = new OrderDesk(scripted(busy(60)), around).place("one");

        BusyException failure = assertThrows(BusyException.class, () -> time.await(order));

        assertEquals(StopReason.DEADLINE, requireNonNull(RetryReport.of(failure)).getStopReason());
        assertEquals(Duration.ZERO, time.elapsed());
    }

    @Test
    void aShutdownDuringADelayEndsItWithTheLastFailure() {
        CompletableFuture<String> order = new OrderDesk(scripted(busy(20)), around).place("one");
        time.after(Duration.ofSeconds(5), () -> shutdown.stop("shutdown"));

        BusyException failure = assertThrows(BusyException.class, () -> time.await(order));

        assertEquals(StopReason.STOPPED, requireNonNull(RetryReport.of(failure)).getStopReason());
        assertEquals(Duration.ofSeconds(5), time.elapsed());
    }

    @Test
    void aShutdownDuringAnAttemptLetsItFinishAndRejectsTheNext() throws Exception {
        CompletableFuture<String> slow = new CompletableFuture<>();
        OrderDesk desk = new OrderDesk(scripted(slow), around);
        CompletableFuture<String> order = desk.place("one umbrella");
        time.after(Duration.ofMillis(100), () -> shutdown.stop("shutdown"));
        time.after(Duration.ofMillis(400), () -> slow.complete("in"));

        assertEquals("in", time.await(order));

        CompletableFuture<String> next = desk.place("two umbrellas");
        assertThrows(RetryStoppedException.class, () -> time.await(next));
        assertEquals(Duration.ofMillis(400), time.elapsed());
    }

    @Test
    void aCancelledOrderCancelsTheRequestAndSendsNoOther() {
        CompletableFuture<String> request = new CompletableFuture<>();
        CompletableFuture<String> order = new OrderDesk(scripted(request), around).place("one");
        time.advanceBy(Duration.ofMillis(300));

        assertTrue(order.cancel(true));

        assertTrue(request.isCancelled());
        time.advanceBy(Duration.ofDays(1));
        assertEquals(List.of("  cancelled at 300ms - no further attempt"), story);
    }

    @Test
    void aFailureThatIsNoIoFailureIsNotRetried() {
        Orders server = scripted(failedFuture(new IllegalArgumentException("no umbrellas")));
        CompletableFuture<String> order = new OrderDesk(server, around).place("one");

        assertThrows(IllegalArgumentException.class, () -> time.await(order));
        assertFalse(order.isCancelled());
    }

    private static CompletableFuture<String> refused() {
        return failedFuture(new ConnectException("refused"));
    }

    private static CompletableFuture<String> busy(int seconds) {
        return failedFuture(new BusyException(Duration.ofSeconds(seconds)));
    }

    private static CompletableFuture<String> silence() {
        return new CompletableFuture<>();
    }

    /** Responds to the n-th order with the n-th of {@code answers}. */
    @SafeVarargs
    private static Orders scripted(CompletableFuture<String>... answers) {
        ArrayDeque<CompletableFuture<String>> left = new ArrayDeque<>();
        for (CompletableFuture<String> answer : answers) {
            left.add(answer);
        }
        return order -> left.remove();
    }
}
