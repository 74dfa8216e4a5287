package dev.reprise.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RetryAdviceTest {
    private final VirtualTime time = new VirtualTime();

    private static final class Throttled extends Exception implements RetryAdvice {
        private static final long serialVersionUID = 1;

        @Override
        public Duration waitAtLeast() {
            return Duration.ofSeconds(30);
        }
    }

    private static final class Hopeless extends Exception implements RetryAdvice {
        private static final long serialVersionUID = 1;

        @Override
        public Boolean getRetryable() {
            return false;
        }
    }

    @Test
    void anExceptionMayAskForAWait() {
        RetryRunner retries =
                RetryRunner.builder()
                        .every(Duration.ofSeconds(1))
                        .maxAttempts(3)
                        .time(time)
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
    void anExceptionMayRuleOutAnotherAttempt() {
        RetryRunner retries =
                RetryRunner.builder()
                        .every(Duration.ofSeconds(1))
                        .maxAttempts(3)
                        .time(time)
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
