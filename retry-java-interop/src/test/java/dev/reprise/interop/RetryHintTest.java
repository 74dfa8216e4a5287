package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.reprise.interop.testing.VirtualTime;
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
