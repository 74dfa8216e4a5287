package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.policy.Rethrow;
import dev.reprise.policy.StopReason;
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

/** What is known of a run afterwards. */
class RetryRunnerReportTest {
    private final VirtualTime time = new VirtualTime();

    private RetriesBuilder builder() {
        return RetryRunner.builder().time(time);
    }

    @AfterEach
    void leavesNoInterruptBehind() {
        assertFalse(Thread.interrupted());
    }

    @Test
    void checkedExceptionsLeaveAsTheyWereThrown() {
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
        Report report = Report.of(last).orElseThrow();
        assertEquals(100_000, report.attempts());
        assertEquals(100_000, report.calls());
        assertEquals(StopReason.EXHAUSTED, report.reason());
        assertEquals("failure 1", Objects.requireNonNull(report.firstFailure()).getMessage());
        assertEquals(
                List.of(
                        "failure 99996",
                        "failure 99997",
                        "failure 99998",
                        "failure 99999",
                        "failure 100000"),
                report.recentFailures().stream().map(Throwable::getMessage).toList());
    }

    @Test
    void aReportIsSoughtNoLongerWhereTheCausesGoInACircle() {
        CompletionException outer = new CompletionException("outer") {};
        outer.initCause(new CompletionException("inner", outer));
        assertTimeoutPreemptively(
                Duration.ofSeconds(10), () -> assertTrue(Report.of(outer).isEmpty()));
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
        assertEquals(StopReason.ABORTED, Report.of(e).orElseThrow().reason());
    }

    @Test
    void theReportIsFoundInsideEnvelopes() {
        IOException last =
                assertThrows(
                        IOException.class,
                        () -> builder().maxAttempts(2).build().call(Flaky.always()));
        assertEquals(2, Report.of(new CompletionException(last)).orElseThrow().attempts());
        assertTrue(Report.of(new IOException("another")).isEmpty());
    }

    @Test
    void theFirstFailureIsThrownOnRequest() {
        IOException e =
                assertThrows(
                        IOException.class,
                        () ->
                                builder()
                                        .maxAttempts(3)
                                        .rethrow(Rethrow.First)
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
        List<Event> events = new ArrayList<>();
        List<Integer> hooked = new ArrayList<>();
        RetryRunner retries =
                builder()
                        .every(Duration.ofSeconds(60))
                        .maxAttempts(2)
                        .listener(events::add)
                        .beforeRetry(failed -> hooked.add(failed.number()))
                        .build();
        assertThrows(IOException.class, () -> retries.call(Flaky.always()));
        retries.call(Flaky.failing(0));

        Event.AttemptFailed first = assertInstanceOf(Event.AttemptFailed.class, events.get(0));
        assertEquals(1, first.number());
        assertEquals(Duration.ofSeconds(60), first.nextDelay());
        assertNull(first.stopReason());
        Event.AttemptFailed second = assertInstanceOf(Event.AttemptFailed.class, events.get(1));
        assertNull(second.nextDelay());
        assertEquals(StopReason.EXHAUSTED, second.stopReason());
        Event.GaveUp gaveUp = assertInstanceOf(Event.GaveUp.class, events.get(2));
        assertEquals(2, gaveUp.report().attempts());
        assertEquals(new Event.Succeeded(1, Duration.ZERO), events.get(3));
        assertEquals(
                Arrays.asList(null, StopReason.EXHAUSTED, StopReason.EXHAUSTED, null),
                events.stream().map(Event::stopReason).toList());
        assertEquals(List.of(1), hooked);
    }

    @Test
    void anOutcomeIsAValue() throws Exception {
        RetryRunner retries = builder().maxAttempts(2).build();
        assertEquals(new Outcome.Success<>(2, 2, null), retries.outcome(Flaky.failing(1)));
        Outcome<Integer> failed = retries.outcome(Flaky.always());
        assertFalse(failed.isSuccess());
        assertThrows(IOException.class, failed::get);
        assertEquals(2, ((Outcome.Failure<Integer>) failed).report().attempts());
    }
}
