package dev.reprise.samples.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.reprise.interop.RetryRunner;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A circuit breaker of Resilience4j beside retries of Reprise. */
class BreakerTest {
    private final AtomicInteger calls = new AtomicInteger();
    private final CircuitBreaker breaker =
            CircuitBreaker.of(
                    "prices",
                    CircuitBreakerConfig.custom()
                            .slidingWindowSize(3)
                            .minimumNumberOfCalls(3)
                            .build());
    private final RetryRunner prices =
            RetryRunner.builder()
                    .every(Duration.ofMillis(1))
                    .maxAttempts(10)
                    .unless(CallNotPermittedException.class)
                    .build();

    private String price() throws IOException {
        calls.incrementAndGet();
        throw new IOException("down");
    }

    @Test
    void insideTheRetryItSeesEachAttemptAndEndsTheRunWhenItOpens() {
        assertThrows(
                CallNotPermittedException.class,
                () -> prices.call(() -> breaker.executeCallable(this::price)));
        assertEquals(3, calls.get());
    }

    @Test
    void aroundTheRetryItSeesRuns() {
        for (int run = 0; run < 3; run++) {
            assertThrows(
                    IOException.class,
                    () -> breaker.executeCallable(() -> prices.call(this::price)));
        }
        assertThrows(
                CallNotPermittedException.class,
                () -> breaker.executeCallable(() -> prices.call(this::price)));
        assertEquals(30, calls.get());
    }
}
