package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.policy.RetryExhaustedException;
import dev.reprise.policy.RetryHint;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RetryHintTest {
    private final VirtualTime time = new VirtualTime();

    private static final class Throttled extends Exception implements RetryHint {
        private static final long serialVersionUID = 1;

        @Override
        public Duration getRetryAfter() {
            return Duration.ofSeconds(30);
        }
    }

    private static final class Hopeless extends Exception implements RetryHint {
        private static final long serialVersionUID = 1;

        @Override
        public Boolean isRetryable() {
            return false;
        }
    }

    @Test
    void anExceptionSetsTheDelay() {
        RetryRunner retries =
                RetryRunner.builder()
                        .every(Duration.ofSeconds(1))
                        .maxAttempts(3)
                        .testing(t -> t.time(time))
                        .build();
        assertThrows(
                Throttled.class,
                () ->
                        retries.run(
                                () -> {
                                    throw new Throttled();
                                }));
        assertEquals(Duration.ofSeconds(60), time.elapsed());
    }

    @Test
    void aRejectedResultSetsTheDelay() throws Exception {
        RetryRunner.Builder builder =
                RetryRunner.builder()
                        .every(Duration.ofSeconds(10))
                        .onResult(Integer.class, status -> status == 503)
                        .maxAttempts(2)
                        .testing(t -> t.time(time));
        int[] calls = {0};
        assertEquals(
                200,
                builder.retryAfterResult(
                                Integer.class, true, status -> Duration.ofSeconds(status / 100))
                        .build()
                        .<Integer, RuntimeException>call(() -> calls[0]++ == 0 ? 503 : 200));
        assertEquals(Duration.ofSeconds(5), time.elapsed());
        assertEquals(
                503,
                assertThrows(
                                RetryExhaustedException.class,
                                () ->
                                        builder.retryAfterResult(int.class, s -> Duration.ofDays(1))
                                                .maxRetryAfter(Duration.ofMinutes(1))
                                                .build()
                                                .<Integer, RuntimeException>call(() -> 503))
                        .getLastResult());
        assertEquals(Duration.ofSeconds(5), time.elapsed());
    }

    @Test
    void aHintReplacesTheDelay() {
        RetryRunner retries =
                RetryRunner.builder()
                        .every(Duration.ofSeconds(10))
                        .retryAfter(true, e -> Duration.ofSeconds(2))
                        .maxAttempts(3)
                        .testing(t -> t.time(time))
                        .build();
        assertThrows(
                IllegalStateException.class,
                () ->
                        retries.run(
                                () -> {
                                    throw new IllegalStateException();
                                }));
        assertEquals(Duration.ofSeconds(4), time.elapsed());
    }

    @Test
    void anExceptionRulesOutAnotherAttempt() {
        RetryRunner retries =
                RetryRunner.builder()
                        .every(Duration.ofSeconds(1))
                        .maxAttempts(3)
                        .testing(t -> t.time(time))
                        .build();
        assertThrows(
                Hopeless.class,
                () ->
                        retries.run(
                                () -> {
                                    throw new Hopeless();
                                }));
        assertEquals(Duration.ZERO, time.elapsed());
    }
}
