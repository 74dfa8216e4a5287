package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.reprise.RetryPolicy;
import dev.reprise.run.StopSignal;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PoliciesTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    @Test
    void aPolicyAloneIsToldInTheSameWords() {
        RetryPolicy told =
                Policies.builder()
                        .exponential(SECOND, Duration.ofMinutes(1))
                        .on(IllegalStateException.class)
                        .maxAttempts(5)
                        .buildPolicy();
        assertEquals(
                "exponential(1s, max=1m) maxAttempts(5) on(java.lang.IllegalStateException)",
                told.notation());
        assertEquals(told, RetryPolicy.parse(told.notation()));
    }

    @Test
    void retriesGiveAwayTheirPureParts() {
        RetriesBuilder builder = RetryRunner.builder().every(SECOND).stopWhen(new StopSignal());
        assertEquals(builder.build().policy(), builder.buildPolicy());
    }

    @Test
    void theCurvesMayHaveAMaximum() {
        Duration four = Duration.ofSeconds(4);
        assertEquals(
                "linear(1s, step=2s, max=4s) forever",
                Policies.policy(p -> p.linear(SECOND, SECOND.multipliedBy(2), four).forever())
                        .notation());
        assertEquals(
                "fibonacci(1s, max=4s) forever",
                Policies.policy(p -> p.fibonacci(SECOND, four).forever()).notation());
    }

    @Test
    void olderSystemsAreThereByName() {
        assertEquals(RetryPolicy.parse(Policies.twisted().notation()), Policies.twisted());
        assertEquals("every(1m) forever", Policies.retryable(Duration.ofMinutes(1)).notation());
        assertEquals(
                "every(1m) maxAttempts(4)",
                Policies.retryable(Duration.ofMinutes(1), 3).notation());
    }

    @Test
    void aPolicyThatNothingEndsIsRefusedInItsOwnWords() {
        IllegalArgumentException e =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> Policies.builder().every(SECOND).buildPolicy());
        assertEquals(
                "nothing ends this policy: say maxAttempts(n), maxRetries(n), within(time),"
                        + " delays(…) or forever()",
                e.getMessage());
    }

    @Test
    void theTimeOfTheSystemCanBeHandedAroundLikeAnyOther() throws Exception {
        RetryTime time = RetryTime.system();
        long before = time.nanoTime();
        RetryRunner.builder()
                .every(Duration.ofMillis(2))
                .maxAttempts(3)
                .time(time)
                .build()
                .call(Flaky.failing(2));
        assertEquals(true, time.nanoTime() - before >= 4_000_000);
    }
}
