package dev.reprise.interop;

import static dev.reprise.ScheduleBuilder.schedule;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.policy.RetryExhaustedException;
import dev.reprise.policy.StopReason;
import dev.reprise.run.RetryOutcome;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which failures and results are retried, and after what delay. */
class RetryRunnerRulesTest {
    private final VirtualTime time = new VirtualTime();

    private RetryRunner.Builder builder() {
        return RetryRunner.builder().testing(t -> t.time(time));
    }

    @AfterEach
    void leavesNoInterruptBehind() {
        assertFalse(Thread.interrupted());
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
        RetryRunner returnLastResult =
                builder()
                        .onResult(Integer.class, code -> code >= 500)
                        .maxAttempts(2)
                        .returnLastResult()
                        .build();
        assertEquals(503, returnLastResult.call(() -> 503));
        RetryOutcome.Success<Integer> outcome =
                (RetryOutcome.Success<Integer>) returnLastResult.outcome(() -> 503);
        assertEquals(2, outcome.getAttempts());
        assertEquals(
                StopReason.EXHAUSTED, Objects.requireNonNull(outcome.getReport()).getStopReason());
    }

    @Test
    void testersHoldAStateOfTheRun() {
        RetryRunner retries =
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
    void theServerMayRequestALongerDelay() throws Exception {
        builder()
                .every(Duration.ofSeconds(1))
                .retryAfter(
                        failure -> failure instanceof IOException ? Duration.ofSeconds(30) : null)
                .maxAttempts(2)
                .build()
                .call(Flaky.failing(1));
        assertEquals(Duration.ofSeconds(30), time.elapsed());
    }

    @Test
    void aRuleMayHaveItsOwnDelays() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        builder()
                .every(Duration.ofSeconds(1))
                .on(ConnectException.class, schedule().linear(Duration.ofSeconds(10)))
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
    void causesCountWithOnCause() {
        RetryRunner retries = builder().onCause(ConnectException.class).maxAttempts(3).build();
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
            RetryRunner.builder()
                    .exponential(Duration.ofSeconds(10))
                    .testing(t -> t.random(42))
                    .maxAttempts(6)
                    .testing(t -> t.time(own))
                    .build()
                    .call(Flaky.failing(5));
            ends.add(own.elapsed());
        }
        assertEquals(ends.get(0), ends.get(1));
        assertTrue(ends.get(0).compareTo(Duration.ofSeconds(310)) < 0);
    }
}
