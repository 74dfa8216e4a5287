package dev.reprise.interop;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.policy.StopReason;
import dev.reprise.run.RetryReport;
import dev.reprise.run.StopSignal;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class VirtualTimeTest {
    private final VirtualTime time = new VirtualTime();

    @Test
    void runsScheduledActionsInOrderAndOnTime() {
        List<String> log = new ArrayList<>();
        time.after(Duration.ofSeconds(2), () -> log.add("b " + time.elapsed()));
        time.after(Duration.ofSeconds(1), () -> log.add("a " + time.elapsed()));
        time.after(Duration.ofSeconds(3), () -> log.add("c " + time.elapsed()));
        time.after(Duration.ofSeconds(1), () -> log.add("never")).close();
        time.advanceBy(Duration.ofMillis(2500));
        assertEquals(List.of("a PT1S", "b PT2S"), log);
        assertEquals(Duration.ofMillis(2500), time.elapsed());
        time.advanceBy(Duration.ofMillis(500));
        assertEquals(3, log.size());
    }

    @Test
    void drivesFutures() {
        Flaky flaky = Flaky.failing(2);
        CompletableFuture<Integer> future =
                RetryRunner.builder()
                        .every(Duration.ofMinutes(1))
                        .maxAttempts(5)
                        .testing(t -> t.time(time))
                        .build()
                        .callAsync(flaky::callAsync);
        assertEquals(1, flaky.count());
        time.advanceBy(Duration.ofSeconds(59));
        assertEquals(1, flaky.count());
        time.advanceBy(Duration.ofSeconds(1));
        assertEquals(2, flaky.count());
        assertFalse(future.isDone());
        time.advanceBy(Duration.ofMinutes(1));
        assertEquals(3, future.join());
    }

    @Test
    void awaitsFutures() throws Exception {
        RetryRunner retries =
                RetryRunner.builder()
                        .every(Duration.ofDays(1))
                        .maxAttempts(4)
                        .testing(t -> t.time(time))
                        .build();
        assertEquals(4, time.await(retries.supplyAsync(Flaky.failing(3))));
        assertEquals(Duration.ofDays(3), time.elapsed());
        IOException e =
                assertThrows(
                        IOException.class, () -> time.await(retries.supplyAsync(Flaky.always())));
        assertEquals(StopReason.EXHAUSTED, requireNonNull(RetryReport.of(e)).getStopReason());
    }

    @Test
    void awaitsFuturesWhoseAttemptsRunElsewhere() throws Exception {
        RetryRunner retries =
                RetryRunner.builder()
                        .every(Duration.ofDays(1))
                        .maxAttempts(4)
                        .testing(t -> t.time(time))
                        .executor(task -> new Thread(task).start())
                        .build();
        assertEquals(4, time.await(retries.supplyAsync(Flaky.failing(3))));
        assertEquals(Duration.ofDays(3), time.elapsed());
    }

    @Test
    void aStopReachesAFutureInTheMiddleOfAWait() {
        StopSignal stop = new StopSignal();
        Flaky flaky = Flaky.always();
        CompletableFuture<Integer> future =
                RetryRunner.builder()
                        .every(Duration.ofMinutes(1))
                        .stopWhen(stop)
                        .testing(t -> t.time(time))
                        .build()
                        .callAsync(flaky::callAsync);
        time.after(Duration.ofSeconds(90), stop::stop);
        time.advanceBy(Duration.ofSeconds(90));
        assertTrue(future.isCompletedExceptionally());
        assertEquals(2, flaky.count());
    }

    @Test
    void aHundredThousandRetriesWithoutAWaitDoNotOverflowTheStack() throws Exception {
        RetryRunner retries =
                RetryRunner.builder().maxAttempts(100_000).testing(t -> t.time(time)).build();
        Flaky flaky = Flaky.failing(99_999);
        assertEquals(100_000, time.await(retries.callAsync(flaky::callAsync)));
    }

    @Test
    void shortWaitsTakeAWholeMillisecond() throws Exception {
        RetryRunner.builder()
                .every(Duration.ofNanos(1))
                .maxAttempts(3)
                .testing(t -> t.time(time))
                .build()
                .call(Flaky.failing(2));
        assertEquals(Duration.ofMillis(2), time.elapsed());
    }

    @Test
    void doesNotGoBack() {
        assertThrows(IllegalArgumentException.class, () -> time.advanceBy(Duration.ofMillis(-1)));
    }

    @Test
    void anInterruptedSleepChangesNeitherTheClockNorTheSchedule() {
        List<String> log = new ArrayList<>();
        time.after(Duration.ofHours(1), Thread.currentThread()::interrupt);
        time.after(Duration.ofHours(2), () -> log.add("later " + time.elapsed()));
        assertThrows(InterruptedException.class, () -> time.sleep(Duration.ofHours(3)));
        assertEquals(Duration.ofHours(1), time.elapsed());
        assertEquals(List.of(), log);
        time.advanceBy(Duration.ofHours(1));
        assertEquals(List.of("later PT2H"), log);
    }

    @Test
    void aSleepInsideAnotherMovesTheClockForBoth() throws Exception {
        List<String> log = new ArrayList<>();
        time.after(
                Duration.ofHours(1),
                () -> {
                    sleepAnHour();
                    log.add("inner " + time.elapsed());
                });
        time.after(Duration.ofMinutes(150), () -> log.add("later " + time.elapsed()));
        time.sleep(Duration.ofMinutes(90));
        log.add("outer " + time.elapsed());
        assertEquals(List.of("inner PT2H", "outer PT2H"), log);
    }

    private void sleepAnHour() {
        try {
            time.sleep(Duration.ofHours(1));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void anActionMayMoveTheClockPastTheEndOfTheWaitThatRunsIt() throws Exception {
        List<String> log = new ArrayList<>();
        time.after(Duration.ofHours(1), () -> time.advanceBy(Duration.ofHours(2)));
        time.after(Duration.ofMinutes(150), () -> log.add("between " + time.elapsed()));
        time.sleep(Duration.ofMinutes(90));
        assertEquals(Duration.ofHours(3), time.elapsed());
        assertEquals(List.of("between PT2H30M"), log);
    }

    @Test
    void aFailureOfAnActionReachesTheCallerThatMovesTheClock() {
        time.after(
                Duration.ofHours(1),
                () -> {
                    throw new IllegalStateException("the action failed");
                });
        assertThrows(IllegalStateException.class, () -> time.sleep(Duration.ofHours(3)));
        assertEquals(Duration.ofHours(1), time.elapsed());
    }
}
