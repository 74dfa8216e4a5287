package dev.reprise.samples.before;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.failsafe.Failsafe;
import dev.failsafe.RetryPolicy;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * Retries in other libraries, for {@code comparison.md}. They succeed at once: these libraries wait
 * in real time.
 */
final class BeforeTest {
    private String fetch() throws IOException {
        return "answer 1";
    }

    @Test
    void resilience4j() throws Exception {
        // docs:begin before-resilience4j
        RetryConfig config =
                RetryConfig.custom()
                        .maxAttempts(3)
                        .intervalFunction(IntervalFunction.ofExponentialRandomBackoff(500, 2.0))
                        .retryExceptions(IOException.class)
                        .ignoreExceptions(FileNotFoundException.class)
                        .build();
        String price = Retry.of("prices", config).executeCallable(() -> fetch());
        // docs:end
        assertEquals("answer 1", price);
    }

    @Test
    void failsafe() {
        // docs:begin before-failsafe
        RetryPolicy<String> policy =
                RetryPolicy.<String>builder()
                        .handle(ConnectException.class)
                        .withBackoff(Duration.ofMillis(100), Duration.ofSeconds(10))
                        .withMaxRetries(4)
                        .withMaxDuration(Duration.ofMinutes(1))
                        .build();
        String answer = Failsafe.with(policy).get(() -> fetch()); // throws FailsafeException
        // docs:end
        assertEquals("answer 1", answer);
    }
}
