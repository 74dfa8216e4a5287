package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.reprise.RetryPolicies;
import dev.reprise.RetryPolicy;
import dev.reprise.run.RetryTimer;
import dev.reprise.run.StopSignal;
import java.time.Duration;
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
