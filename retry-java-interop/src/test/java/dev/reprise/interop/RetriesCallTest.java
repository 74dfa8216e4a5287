package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.engine.RetryBudget;
import dev.reprise.engine.RetryStoppedException;
import dev.reprise.engine.StopSignal;
import dev.reprise.policy.AttemptTimeoutException;
import dev.reprise.policy.Rethrow;
import dev.reprise.policy.RetryExhaustedException;
import dev.reprise.policy.StopReason;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RetriesCallTest {
    private final VirtualTime time = new VirtualTime();

    private RetriesBuilder builder() {
        return Retries.builder().time(time);
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
        Retries reconnect =
                builder()
                        .every(Duration.ofSeconds(60))
                        .on(IOException.class)
                        .stopWhen(stop)
                        .build();

        IOException last = assertThrows(IOException.class, () -> reconnect.call(connect));

        assertEquals(180, connect.count());
        assertEquals("failure 180", last.getMessage());
        assertEquals(Duration.ofHours(3), time.elapsed());
        Report report = Report.of(last).orElseThrow();
        assertEquals(StopReason.STOPPED, report.reason());
        assertEquals(Duration.ofHours(3), report.elapsed());
    }

    @Test
    void aStopInTheMiddleOfAWaitLeavesTheClockThere() {
        StopSignal stop = new StopSignal();
        time.after(Duration.ofSeconds(90), stop::stop);
        Retries retries = builder().every(Duration.ofSeconds(60)).stopWhen(stop).build();
        assertThrows(IOException.class, () -> retries.call(Flaky.always()));
        assertEquals(Duration.ofSeconds(90), time.elapsed());
    }

    @Test
    void stoppedBeforeTheFirstAttemptMakesNone() {
        StopSignal stop = new StopSignal();
        stop.stop("too late");
        Flaky flaky = Flaky.always();
        Retries retries = builder().stopWhen(stop).build();
        RetryStoppedException e =
                assertThrows(RetryStoppedException.class, () -> retries.call(flaky));
        assertEquals(0, flaky.count());
        assertTrue(e.getMessage().contains("too late"), e.getMessage());
    }

    @Test
    void aGraceEndsARunningAttempt() {
        StopSignal stop = new StopSignal();
        Retries retries = builder().stopWhen(stop, Duration.ofSeconds(5)).build();
        time.after(Duration.ofSeconds(10), stop::stop);
        assertThrows(
                RetryStoppedException.class,
                () -> retries.run(() -> time.sleep(Duration.ofHours(1))));
        assertEquals(Duration.ofSeconds(15), time.elapsed());
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
    void resultsOfAPrimitiveTypeAreThoseOfItsBox() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        Retries retries = builder().onResult(int.class, r -> r < 3).maxAttempts(5).build();
        assertEquals(3, retries.call(calls::incrementAndGet));
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
    void theBodySeesItsAttempt() throws Exception {
        List<String> seen = new ArrayList<>();
        builder()
                .every(Duration.ofSeconds(1))
                .within(Duration.ofSeconds(10))
                .build()
                .call(
                        attempt -> {
                            seen.add(
                                    attempt.number()
                                            + " "
                                            + attempt.isRetry()
                                            + " "
                                            + attempt.elapsed()
                                            + " "
                                            + attempt.remaining().orElseThrow()
                                            + " "
                                            + attempt.lastFailure().map(Throwable::getMessage)
                                            + " "
                                            + attempt.failures().size());
                            if (attempt.number() < 3) {
                                throw new IOException("failure " + attempt.number());
                            }
                            return null;
                        });
        assertEquals(
                List.of(
                        "1 false PT0S PT10S Optional.empty 0",
                        "2 true PT1S PT9S Optional[failure 1] 1",
                        "3 true PT2S PT8S Optional[failure 2] 2"),
                seen);
    }

    @Test
    void withoutADeadlineNothingRemains() throws Exception {
        assertEquals(
                Optional.empty(), builder().maxAttempts(1).build().call(AttemptInfo::remaining));
    }

    @Test
    void interruptedBodiesAreNeverRetried() {
        for (Exception interruption :
                List.of(
                        new InterruptedException(),
                        new ClosedByInterruptException(),
                        new RuntimeException(new InterruptedException()))) {
            AtomicInteger calls = new AtomicInteger();
            Exception caught =
                    assertThrows(
                            Exception.class,
                            () ->
                                    builder()
                                            .forever()
                                            .build()
                                            .run(
                                                    () -> {
                                                        calls.incrementAndGet();
                                                        throw interruption;
                                                    }));
            assertSame(interruption, caught);
            assertEquals(1, calls.get());
            assertTrue(Thread.interrupted(), "the flag stays set after " + interruption);
        }
    }

    @Test
    void anInterruptEndsAWait() {
        Thread self = Thread.currentThread();
        time.after(Duration.ofSeconds(30), self::interrupt);
        InterruptedException e =
                assertThrows(
                        InterruptedException.class,
                        () ->
                                builder()
                                        .every(Duration.ofSeconds(60))
                                        .forever()
                                        .build()
                                        .call(Flaky.always()));
        assertTrue(Thread.interrupted());
        assertEquals("failure 1", e.getSuppressed()[0].getMessage());
        assertEquals(Duration.ofSeconds(30), time.elapsed());
    }

    @Test
    void anAttemptTimeoutInterruptsTheBodyAndIsRetried() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        String result =
                builder()
                        .attemptTimeout(Duration.ofSeconds(2))
                        .maxAttempts(2)
                        .build()
                        .call(
                                () -> {
                                    if (calls.incrementAndGet() == 1) {
                                        time.sleep(Duration.ofHours(1));
                                    }
                                    return "done";
                                });
        assertEquals("done", result);
        assertEquals(Duration.ofSeconds(2), time.elapsed());
    }

    @Test
    void theDeadlineCutsARunningAttempt() {
        assertThrows(
                AttemptTimeoutException.class,
                () ->
                        builder()
                                .within(Duration.ofSeconds(7))
                                .build()
                                .run(() -> time.sleep(Duration.ofHours(1))));
        assertEquals(Duration.ofSeconds(7), time.elapsed());
    }

    @Test
    void listenersThatThrowChangeNothing() throws Exception {
        Retries retries =
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
        Retries retries =
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
        assertEquals(4, events.size());
        assertEquals(List.of(1), hooked);
    }

    @Test
    void predicatesThatThrowDoNotHideTheFailure() {
        IOException e =
                assertThrows(
                        IOException.class,
                        () ->
                                builder()
                                        .on(
                                                IOException.class,
                                                failure -> {
                                                    throw new IllegalStateException("a rule");
                                                })
                                        .maxAttempts(3)
                                        .build()
                                        .call(Flaky.always()));
        assertEquals("failure 1", e.getMessage());
        assertEquals("a rule", e.getSuppressed()[0].getMessage());
    }

    @Test
    void aBudgetEndsTheRun() {
        RetryBudget budget = new RetryBudget(0.0, 0.3, time.timeSource());
        Flaky flaky = Flaky.always();
        IOException e =
                assertThrows(IOException.class, () -> builder().budget(budget).build().call(flaky));
        assertEquals(4, flaky.count());
        assertEquals(StopReason.BUDGET, Report.of(e).orElseThrow().reason());
    }

    private static final class Resource implements AutoCloseable {
        boolean isClosed;

        @Override
        public void close() {
            isClosed = true;
        }
    }

    @Test
    void discardedResultsAreClosedAndTheReturnedOneIsNot() throws Exception {
        List<Resource> made = new ArrayList<>();
        Resource last =
                builder()
                        .onResult(Resource.class, resource -> made.size() < 3)
                        .maxAttempts(5)
                        .build()
                        .call(
                                () -> {
                                    made.add(new Resource());
                                    return made.get(made.size() - 1);
                                });
        assertSame(made.get(2), last);
        assertEquals(List.of(true, true, false), made.stream().map(r -> r.isClosed).toList());
    }

    @Test
    void rejectedResultsEndWithAnExceptionOrAsTheLastOne() throws Exception {
        RetryExhaustedException e =
                assertThrows(
                        RetryExhaustedException.class,
                        () ->
                                builder()
                                        .onResult(Objects::isNull)
                                        .maxAttempts(2)
                                        .build()
                                        .call(() -> null));
        assertNull(e.getLastResult());
        Retries orLast =
                builder()
                        .onResult(Integer.class, code -> code >= 500)
                        .maxAttempts(2)
                        .orLast()
                        .build();
        assertEquals(503, orLast.call(() -> 503));
        Outcome.Success<Integer> outcome = (Outcome.Success<Integer>) orLast.outcome(() -> 503);
        assertEquals(2, outcome.attempts());
        assertEquals(StopReason.EXHAUSTED, Objects.requireNonNull(outcome.report()).reason());
    }

    @Test
    void anOutcomeIsAValue() throws Exception {
        Retries retries = builder().maxAttempts(2).build();
        assertEquals(new Outcome.Success<>(2, 2, null), retries.outcome(Flaky.failing(1)));
        Outcome<Integer> failed = retries.outcome(Flaky.always());
        assertFalse(failed.isSuccess());
        assertThrows(IOException.class, failed::get);
        assertEquals(2, ((Outcome.Failure<Integer>) failed).report().attempts());
    }

    @Test
    void testersHoldAStateOfTheRun() {
        Retries retries =
                builder()
                        .failureTester(
                                () -> {
                                    AtomicInteger seen = new AtomicInteger();
                                    return failure ->
                                            seen.incrementAndGet() < 3
                                                    ? null
                                                    : new IllegalStateException("enough");
                                })
                        .forever()
                        .build();
        for (int run = 0; run < 2; run++) {
            Flaky flaky = Flaky.always();
            assertThrows(IllegalStateException.class, () -> retries.call(flaky));
            assertEquals(3, flaky.count());
        }
    }

    @Test
    void theServerMayAskForALongerWait() throws Exception {
        builder()
                .every(Duration.ofSeconds(1))
                .delayFrom(
                        failure -> failure instanceof IOException ? Duration.ofSeconds(30) : null)
                .maxAttempts(2)
                .build()
                .call(Flaky.failing(1));
        assertEquals(Duration.ofSeconds(30), time.elapsed());
    }

    @Test
    void aRuleMayHaveWaitsOfItsOwn() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        builder()
                .every(Duration.ofSeconds(1))
                .on(ConnectException.class, Waits.linear(Duration.ofSeconds(10)))
                .on(IOException.class)
                .maxAttempts(5)
                .build()
                .run(
                        () -> {
                            switch (calls.incrementAndGet()) {
                                case 1, 3 -> throw new ConnectException();
                                case 2 -> throw new IOException();
                                default -> {}
                            }
                        });
        assertEquals(Duration.ofSeconds(10 + 1 + 20), time.elapsed());
    }

    @Test
    void causesCountWhereTheyAreNamed() {
        Retries retries = builder().onCause(ConnectException.class).maxAttempts(3).build();
        AtomicInteger calls = new AtomicInteger();
        assertThrows(
                IllegalStateException.class,
                () ->
                        retries.run(
                                () -> {
                                    calls.incrementAndGet();
                                    throw new IllegalStateException(new ConnectException());
                                }));
        assertEquals(3, calls.get());
    }

    @Test
    void seededJitterIsTheSameAgain() throws Exception {
        List<Duration> ends = new ArrayList<>();
        for (int run = 0; run < 2; run++) {
            VirtualTime own = new VirtualTime();
            Retries.builder()
                    .exponential(Duration.ofSeconds(10))
                    .random(42)
                    .maxAttempts(6)
                    .time(own)
                    .build()
                    .call(Flaky.failing(5));
            ends.add(own.elapsed());
        }
        assertEquals(ends.get(0), ends.get(1));
        assertTrue(ends.get(0).compareTo(Duration.ofSeconds(310)) < 0);
    }

    @Test
    void crossesToKotlinAndBack() throws Exception {
        Retries retries = builder().maxAttempts(2).build();
        assertEquals(2, Retries.of(retries.asRetry()).call(Flaky.failing(1)));
        assertEquals(2, Retries.of(retries.policy()).call(Flaky.failing(1)));
    }
}
