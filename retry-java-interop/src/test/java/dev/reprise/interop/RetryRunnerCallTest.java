package dev.reprise.interop;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.policy.StopReason;
import dev.reprise.run.RetryBudget;
import dev.reprise.run.RetryReport;
import dev.reprise.run.StopSignal;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RetryRunnerCallTest {
    private final VirtualTime time = new VirtualTime();

    private RetryRunner.Builder builder() {
        return RetryRunner.builder().testing(t -> t.time(time));
    }

    @AfterEach
    void leavesNoInterruptBehind() {
        assertFalse(Thread.interrupted());
    }

    @Test
    void returnsWhatTheFirstGoodAttemptReturns() throws Exception {
        Flaky flaky = Flaky.failing(2);
        int result = builder().every(Duration.ofSeconds(60)).maxAttempts(5).build().call(flaky);
        assertEquals(3, result);
        assertEquals(Duration.ofSeconds(120), time.elapsed());
    }

    @Test
    void aNullResultIsAResult() throws Exception {
        assertNull(builder().maxAttempts(2).build().call(() -> null));
    }

    @Test
    void reconnectsEveryMinuteUntilTheStop() {
        StopSignal stop = new StopSignal();
        Flaky connect = Flaky.always();
        time.after(Duration.ofHours(3), () -> stop.stop("enough"));
        RetryRunner reconnect =
                builder()
                        .every(Duration.ofSeconds(60))
                        .on(IOException.class)
                        .stopWhen(stop)
                        .build();

        IOException last = assertThrows(IOException.class, () -> reconnect.call(connect));

        assertEquals(180, connect.count());
        assertEquals("failure 180", last.getMessage());
        assertEquals(Duration.ofHours(3), time.elapsed());
        RetryReport report = requireNonNull(RetryReport.of(last));
        assertEquals(StopReason.STOPPED, report.getStopReason());
        assertEquals(Duration.ofHours(3), report.getElapsed());
    }

    @Test
    void resultsOfAPrimitiveTypeAreThoseOfItsBox() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        RetryRunner retries = builder().onResult(int.class, r -> r < 3).maxAttempts(5).build();
        assertEquals(3, retries.call(calls::incrementAndGet));
    }

    @Test
    void theBodySeesItsAttempt() throws Exception {
        List<String> seen = new ArrayList<>();
        builder()
                .every(Duration.ofSeconds(1))
                .maxDuration(Duration.ofSeconds(10))
                .build()
                .callWithAttempt(
                        attempt -> {
                            seen.add(
                                    attempt.getNumber()
                                            + " "
                                            + attempt.isRetry()
                                            + " "
                                            + attempt.getElapsed()
                                            + " "
                                            + attempt.getRemaining()
                                            + " "
                                            + attempt.getLastFailure()
                                            + " "
                                            + attempt.getFailures().size());
                            if (attempt.getNumber() < 3) {
                                throw new IOException("failure " + attempt.getNumber());
                            }
                            return null;
                        });
        assertEquals(
                List.of(
                        "1 false PT0S PT10S null 0",
                        "2 true PT1S PT9S java.io.IOException: failure 1 1",
                        "3 true PT2S PT8S java.io.IOException: failure 2 2"),
                seen);
    }

    @Test
    void aBudgetEndsTheRun() {
        RetryBudget budget = new RetryBudget(0.0, 0.3, time.timeSource());
        Flaky flaky = Flaky.always();
        IOException e =
                assertThrows(IOException.class, () -> builder().budget(budget).build().call(flaky));
        assertEquals(4, flaky.count());
        assertEquals(StopReason.BUDGET, requireNonNull(RetryReport.of(e)).getStopReason());
    }

    @Test
    void crossesToKotlinAndBack() throws Exception {
        RetryRunner retries = builder().maxAttempts(2).build();
        assertEquals(2, RetryRunner.of(retries.asRetry()).call(Flaky.failing(1)));
        assertEquals(2, RetryRunner.of(retries.getPolicy()).call(Flaky.failing(1)));
    }
}
