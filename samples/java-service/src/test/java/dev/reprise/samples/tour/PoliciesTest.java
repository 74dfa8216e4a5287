package dev.reprise.samples.tour;

import static dev.reprise.ScheduleBuilder.schedule;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.reprise.PolicySession;
import dev.reprise.RetryPolicy;
import dev.reprise.ScheduleBuilder;
import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.policy.Decision;
import dev.reprise.policy.FailedAttempt;
import dev.reprise.policy.FailureDescription;
import dev.reprise.policy.Jitter;
import dev.reprise.policy.StopReason;
import dev.reprise.run.RetryOutcome;
import dev.reprise.run.StopSignal;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class PoliciesTest {
    private final VirtualTime time = new VirtualTime();

    @Test
    void whichFailures() throws Exception {
        // docs:begin which
        RetryRunner choosy =
                RetryRunner.builder()
                        .every(Duration.ofSeconds(1))
                        .maxAttempts(5)
                        .on(IOException.class)
                        .on(SQLException.class, e -> "40001".equals(e.getSQLState()))
                        .onCause(SQLTransientException.class)
                        .unless(FileNotFoundException.class)
                        .onResult(String.class, answer -> answer.equals("try later"))
                        .build();
        // docs:end
        assertEquals(5, attempts(choosy, new IOException()));
        assertEquals(5, attempts(choosy, new SQLException("serialization", "40001")));
        assertEquals(1, attempts(choosy, new SQLException("syntax", "42601")));
        assertEquals(5, attempts(choosy, new RuntimeException(new SQLTransientException())));
        assertEquals(1, attempts(choosy, new FileNotFoundException()));
    }

    @Test
    void aRuleWithItsOwnDelays() throws Exception {
        // docs:begin own-waits
        RetryRunner.Builder builder =
                RetryRunner.builder()
                        .every(Duration.ofSeconds(1))
                        .on(ConnectException.class)
                        .on(Throttled.class, schedule().exponential(Duration.ofSeconds(10)))
                        .maxAttempts(10);
        // docs:end
        assertEquals(10, attempts(builder.build(), new ConnectException()));
        assertEquals(Duration.ofSeconds(9), time.elapsed());
        assertEquals(10, attempts(builder.build(), new Throttled(Duration.ofHours(1))));
        assertEquals(9, time.elapsed().toHours());
    }

    @Test
    void aTesterWithAState() throws Exception {
        // docs:begin tester
        RetryRunner.Builder builder =
                RetryRunner.builder()
                        .every(Duration.ofSeconds(1))
                        .forever()
                        .failureTester(
                                () -> {
                                    AtomicInteger refusals = new AtomicInteger();
                                    return failure ->
                                            refusals.incrementAndGet() == 3 ? failure : null;
                                });
        // docs:end
        assertEquals(3, attempts(builder.build(), new ConnectException()));
    }

    @Test
    void howLong() throws Exception {
        Duration second = Duration.ofSeconds(1);
        // docs:begin how-long
        List<ScheduleBuilder> schedules =
                List.of(
                        schedule().every(Duration.ofSeconds(5)), // 5 s, 5 s, 5 s, 5 s
                        schedule()
                                .exponential(
                                        second,
                                        2,
                                        Duration.ofSeconds(5)), // up to 1 s, 2 s, 4 s, 5 s
                        schedule()
                                .linear(
                                        second,
                                        Duration.ofSeconds(2),
                                        Duration.ofDays(1)), // 1 s, 3 s, 5 s
                        schedule().fibonacci(second), // 1 s, 1 s, 2 s, 3 s
                        schedule()
                                .delays(second, Duration.ofSeconds(10))); // 1 s, 10 s, then no more
        // docs:end
        List<Integer> seconds = List.of(20, 12, 16, 7, 11);
        for (int i = 0; i < schedules.size(); i++) {
            RetryRunner.Builder builder =
                    RetryRunner.builder().schedule(schedules.get(i).jitter(Jitter.NONE));
            Duration before = time.elapsed();
            attempts(builder.maxAttempts(5).build(), new IOException());
            assertEquals(Duration.ofSeconds(seconds.get(i)), time.elapsed().minus(before));
        }
    }

    @Test
    void waitsAreSpread() throws Exception {
        // docs:begin spread
        RetryRunner spread =
                RetryRunner.builder()
                        .initialDelay(Duration.ofSeconds(1))
                        .exponential(Duration.ofSeconds(1), 2, Duration.ofMinutes(1))
                        .jitter(Jitter.EQUAL)
                        .retryAfter(e -> e instanceof Throttled t ? t.getRetryAfter() : null)
                        .maxAttempts(8)
                        .build();
        // docs:end
        Duration before = time.elapsed();
        assertEquals(8, attempts(spread, new Throttled(Duration.ofMinutes(2))));
        assertEquals(Duration.ofMinutes(14).plusSeconds(1), time.elapsed().minus(before));
    }

    private record Reply(int status, Duration retryAfter) {}

    @Test
    void aResponseAsksForADelay() {
        // docs:begin result-hint
        RetryRunner polite =
                RetryRunner.builder()
                        .exponential(Duration.ofMillis(100), 2, Duration.ofSeconds(2))
                        .onResult(Reply.class, r -> r.status() == 429 || r.status() == 503)
                        .retryAfterResult(Reply.class, Reply::retryAfter)
                        // a server that asks for more gets no second request
                        .maxRetryAfter(Duration.ofSeconds(30))
                        .maxAttempts(5)
                        .build();
        // docs:end
        PolicySession session = polite.getPolicy().session();
        Reply soon = new Reply(503, Duration.ofSeconds(9));
        Reply late = new Reply(503, Duration.ofHours(1));
        assertEquals(
                Duration.ofSeconds(9),
                session.decide(new FailedAttempt(1, Duration.ZERO, null, soon)).getDelay());
        assertEquals(
                StopReason.DEADLINE,
                session.decide(new FailedAttempt(2, Duration.ZERO, null, late)).getStopReason());
    }

    @Test
    void decisionsElsewhere() {
        RetryPolicy policy = RetryPolicy.parse("on(java.io.IOException) linear(1s) maxAttempts(5)");
        // docs:begin session
        PolicySession session = policy.session();
        FailureDescription failure =
                FailureDescription.of(List.of("com.acme.Busy", "java.io.IOException"), "busy");
        Decision decision = session.decide(1, Duration.ofSeconds(2), failure);
        Duration delay = decision.getDelay(); // null if it gives up; then see getStopReason()
        String state = session.getState(); // for policy.session(random, state)
        // docs:end
        assertEquals(Duration.ofSeconds(1), delay);
        assertNull(state);
    }

    @Test
    void whenToGiveUp() {
        StopSignal shutdown = new StopSignal();
        // docs:begin when
        RetryRunner patiently =
                RetryRunner.builder()
                        .exponential(Duration.ofSeconds(1), 2, Duration.ofSeconds(10))
                        .maxAttempts(10) // in total, including the first; or maxRetries(9), or
                        // forever()
                        .maxDuration(Duration.ofMinutes(2)) // for the whole run
                        .attemptTimeout(Duration.ofSeconds(5)) // for each attempt
                        .stopWhen(
                                shutdown,
                                Duration.ofSeconds(3)) // a running attempt can take 3 s more
                        .build();
        // docs:end
        shutdown.stop();
    }

    @Test
    void policiesAreJoined() throws Exception {
        // docs:begin join
        RetryPolicy quick =
                RetryPolicy.builder().every(Duration.ofSeconds(1)).maxAttempts(3).build();
        RetryPolicy patient =
                RetryPolicy.builder()
                        .every(Duration.ofSeconds(60))
                        .maxDuration(Duration.ofMinutes(10))
                        .build();

        RetryPolicy both = quick.then(patient); // 2 quick retries, then patient ones
        // docs:end
        assertEquals(12, attempts(RetryRunner.of(both), new IOException()));
    }

    private int attempts(RetryRunner retries, Exception failure) throws Exception {
        AtomicInteger attempts = new AtomicInteger();
        RetryRunner timed =
                RetryRunner.builder()
                        .policy(retries.getPolicy())
                        .testing(t -> t.time(time))
                        .build();
        RetryOutcome<String> outcome =
                timed.outcome(
                        () -> {
                            attempts.incrementAndGet();
                            throw failure;
                        });
        assertFalse(outcome.isSuccess());
        return attempts.get();
    }
}
