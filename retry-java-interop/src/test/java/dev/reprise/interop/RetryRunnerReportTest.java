package dev.reprise.interop;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.policy.Rethrow;
import dev.reprise.policy.StopReason;
import dev.reprise.run.RetryEvent;
import dev.reprise.run.RetryOutcome;
import dev.reprise.run.RetryReport;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a run reports afterwards. */
class RetryRunnerReportTest {
    private final VirtualTime time = new VirtualTime();

    private RetryRunner.Builder builder() {
        return RetryRunner.builder().testing(t -> t.time(time));
    }

    @AfterEach
    void leavesNoInterruptBehind() {
        assertFalse(Thread.interrupted());
    }

    @Test
    void checkedExceptionsAreThrownUnchanged() {
        ConnectException thrown = new ConnectException("refused");
        ConnectException caught =
                assertThrows(
                        ConnectException.class,
                        () ->
                                builder()
                                        .maxAttempts(3)
                                        .build()
                                        .run(
                                                () -> {
                                                    throw thrown;
                                                }));
        assertSame(thrown, caught);
    }

    @Test
    void theReportTravelsWithTheFailureAndIsBounded() {
        Flaky flaky = Flaky.always();
        IOException last =
                assertThrows(
                        IOException.class,
                        () -> builder().maxAttempts(100_000).build().call(flaky));
        assertEquals("failure 100000", last.getMessage());
        assertEquals(1, last.getSuppressed().length);
        RetryReport report = requireNonNull(RetryReport.of(last));
        assertEquals(100_000, report.getAttempts());
        assertEquals(100_000, report.getCalls());
        assertEquals(StopReason.EXHAUSTED, report.getStopReason());
        assertEquals("failure 1", Objects.requireNonNull(report.getFirstFailure()).getMessage());
        assertEquals(
                List.of(
                        "failure 99996",
                        "failure 99997",
                        "failure 99998",
                        "failure 99999",
                        "failure 100000"),
                report.getRecentFailures().stream().map(Throwable::getMessage).toList());
    }

    @Test
    void theSearchForAReportEndsAtACycleOfCauses() {
        CompletionException outer = new CompletionException("outer") {};
        outer.initCause(new CompletionException("inner", outer));
        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> assertNull(RetryReport.of(outer)));
    }

    @Test
    void aFailureThatIsNotRetriedIsNotCalledExhausted() {
        IOException e =
                assertThrows(
                        IOException.class,
                        () ->
                                builder()
                                        .on(ConnectException.class)
                                        .maxAttempts(3)
                                        .build()
                                        .call(Flaky.always()));
        assertEquals(StopReason.NOT_RETRYABLE, requireNonNull(RetryReport.of(e)).getStopReason());
    }

    @Test
    void theReportIsFoundInsideWrappers() {
        IOException last =
                assertThrows(
                        IOException.class,
                        () -> builder().maxAttempts(2).build().call(Flaky.always()));
        assertEquals(
                2, requireNonNull(RetryReport.of(new CompletionException(last))).getAttempts());
        assertNull(RetryReport.of(new IOException("another")));
    }

    @Test
    void theFirstFailureIsThrownOnRequest() {
        IOException e =
                assertThrows(
                        IOException.class,
                        () ->
                                builder()
                                        .maxAttempts(3)
                                        .rethrow(Rethrow.FIRST)
                                        .build()
                                        .call(Flaky.always()));
        assertEquals("failure 1", e.getMessage());
    }

    @Test
    void listenersThatThrowChangeNothing() throws Exception {
        RetryRunner retries =
                builder()
                        .maxAttempts(3)
                        .listener(
                                event -> {
                                    throw new IllegalStateException("a listener");
                                })
                        .beforeRetry(
                                event -> {
                                    throw new StackOverflowError("a hook");
                                })
                        .build();
        assertEquals(2, retries.call(Flaky.failing(1)));
    }

    @Test
    void theEventsTellTheStory() throws Exception {
        List<RetryEvent> events = new ArrayList<>();
        List<Integer> hooked = new ArrayList<>();
        RetryRunner retries =
                builder()
                        .every(Duration.ofSeconds(60))
                        .maxAttempts(2)
                        .listener(events::add)
                        .beforeRetry(failed -> hooked.add(failed.getNumber()))
                        .build();
        assertThrows(IOException.class, () -> retries.call(Flaky.always()));
        retries.call(Flaky.failing(0));

        RetryEvent.AttemptFailed first =
                assertInstanceOf(RetryEvent.AttemptFailed.class, events.get(0));
        assertEquals(1, first.getNumber());
        assertEquals(Duration.ofSeconds(60), first.getNextDelay());
        assertNull(first.getStopReason());
        RetryEvent.AttemptFailed second =
                assertInstanceOf(RetryEvent.AttemptFailed.class, events.get(1));
        assertNull(second.getNextDelay());
        assertEquals(StopReason.EXHAUSTED, second.getStopReason());
        RetryEvent.GaveUp gaveUp = assertInstanceOf(RetryEvent.GaveUp.class, events.get(2));
        assertEquals(2, gaveUp.getReport().getAttempts());
        assertEquals(1, assertInstanceOf(RetryEvent.Succeeded.class, events.get(3)).getNumber());
        assertEquals(
                Arrays.asList(null, StopReason.EXHAUSTED, StopReason.EXHAUSTED, null),
                events.stream().map(RetryEvent::getStopReason).toList());
        assertEquals(List.of(1), hooked);
    }

    @Test
    void anOutcomeIsAValue() throws Exception {
        RetryRunner retries = builder().maxAttempts(2).build();
        RetryOutcome<Integer> success = retries.outcome(Flaky.failing(1));
        assertTrue(success.isSuccess());
        assertEquals(2, success.getOrThrow());
        RetryOutcome<Integer> failed = retries.outcome(Flaky.always());
        assertFalse(failed.isSuccess());
        assertThrows(IOException.class, failed::getOrThrow);
        assertEquals(2, ((RetryOutcome.Failure) failed).getReport().getAttempts());
    }
}
