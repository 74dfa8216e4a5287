package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.reprise.PolicySession;
import dev.reprise.RetryPolicies;
import dev.reprise.RetryPolicy;
import dev.reprise.policy.Decision;
import dev.reprise.policy.FailureDescription;
import dev.reprise.policy.RestoredFailure;
import dev.reprise.policy.StopReason;
import dev.reprise.run.RetryTimer;
import dev.reprise.run.StopSignal;
import java.io.FileNotFoundException;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RetryPolicyTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void aPolicyAloneHasTheSameSettings() {
        RetryPolicy policy =
                RetryPolicy.builder()
                        .exponential(SECOND, Duration.ofMinutes(1))
                        .on(IllegalStateException.class)
                        .maxAttempts(5)
                        .build();
        assertEquals(
                "exponential(1s, max=1m) maxAttempts(5) on(java.lang.IllegalStateException)",
                policy.notation());
        assertEquals(policy, RetryPolicy.parse(policy.notation()));
    }

    @Test
    void aRunnerHasItsPolicy() {
        RetryRunner.Builder builder =
                RetryRunner.builder().every(SECOND).stopWhen(new StopSignal());
        assertEquals(builder.build().getPolicy(), builder.build().getPolicy());
    }

    @Test
    void schedulesHaveAMaximum() {
        Duration four = Duration.ofSeconds(4);
        assertEquals(
                "linear(1s, step=2s, max=4s) forever",
                RetryPolicy.builder()
                        .linear(SECOND, SECOND.multipliedBy(2), four)
                        .forever()
                        .build()
                        .notation());
        assertEquals(
                "fibonacci(1s, max=4s) forever",
                RetryPolicy.builder().fibonacci(SECOND, four).forever().build().notation());
    }

    @Test
    void thereArePresetsForOlderSystems() {
        assertEquals(
                RetryPolicy.parse(RetryPolicies.twisted().notation()), RetryPolicies.twisted());
        assertEquals(
                "every(1m) forever",
                RetryPolicies.pythonRetryable(Duration.ofMinutes(1)).notation());
        assertEquals(
                "every(1m) maxAttempts(4)",
                RetryPolicies.pythonRetryable(Duration.ofMinutes(1), 3).notation());
    }

    @Test
    void delaysAreSpreadAndLimitsNeedNotCancel() {
        assertEquals(
                "every(1s) jitter(0.5) maxDuration(1m, cancel=false)",
                RetryPolicy.builder()
                        .every(SECOND)
                        .jitter(0.5)
                        .maxDuration(Duration.ofMinutes(1), false)
                        .build()
                        .notation());
        assertEquals(
                "every(1s) jitter(100ms) maxRetryAfter(1m) maxDuration(1m)",
                RetryPolicy.builder()
                        .every(SECOND)
                        .jitter(Duration.ofMillis(100))
                        .maxRetryAfter(Duration.ofMinutes(1))
                        .maxDuration(Duration.ofMinutes(1))
                        .build()
                        .notation());
        assertEquals(
                "uniform(1s, 3s) forever",
                RetryPolicy.builder()
                        .uniform(SECOND, SECOND.multipliedBy(3))
                        .forever()
                        .build()
                        .notation());
    }

    @Test
    void aSessionDecidesAboutDescriptions() {
        RetryPolicy policy =
                RetryPolicy.parse(
                        "on(java.io.IOException, schedule=linear(1s)) maxAttempts(3)"
                                + " maxRetryAfter(1m)");
        PolicySession session = policy.session(new SplittableRandom(7), null);
        FailureDescription failure = FailureDescription.of(new FileNotFoundException("gone"));
        Decision first = session.decide(1, Duration.ZERO, failure);
        assertEquals(SECOND, first.getDelay());
        assertNull(first.getStopReason());

        PolicySession restored = policy.session(new SplittableRandom(7), session.getState());
        assertEquals(SECOND.multipliedBy(2), restored.decide(2, SECOND, failure).getDelay());
        Decision last = restored.decide(3, SECOND, failure);
        assertNull(last.getDelay());
        assertEquals(StopReason.EXHAUSTED, last.getStopReason());

        FailureDescription named =
                FailureDescription.of(
                        List.of("com.acme.Busy", "java.io.IOException"),
                        "busy",
                        null,
                        null,
                        Duration.ofHours(1));
        assertEquals(Duration.ofHours(1), named.getRetryAfter());
        assertEquals("com.acme.Busy", named.getType());
        assertEquals(
                StopReason.DEADLINE,
                policy.session().decide(1, Duration.ZERO, named).getStopReason());
        assertEquals(named, new RestoredFailure(named).getDescription());
    }

    @Test
    void aPolicyWithoutALimitIsRejected() {
        IllegalArgumentException e =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> RetryPolicy.builder().every(SECOND).build());
        assertEquals(
                "This policy never ends. Add maxAttempts(n), maxRetries(n), maxDuration(d) or"
                        + " delays(list), or call forever() to retry without limit.",
                e.getMessage());
    }

    @Test
    void theTimerOfTheSystemCanBeSetLikeAnyOther() throws Exception {
        RetryTimer time = RetryTimer.getSystem();
        long before = time.nanoTime();
        RetryRunner.builder()
                .every(Duration.ofMillis(2))
                .maxAttempts(3)
                .testing(t -> t.time(time))
                .build()
                .call(Flaky.failing(2));
        assertEquals(true, time.nanoTime() - before >= 4_000_000);
    }
}
