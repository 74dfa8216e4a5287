package dev.reprise.samples.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.reprise.interop.RetryProxy;
import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.RetryWith;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What code for other libraries becomes, for {@code comparison.md}. */
final class MigrationTest {
    private int calls;

    private String fetch() throws IOException {
        if (++calls < 3) {
            throw new ConnectException("refused");
        }
        return "answer " + calls;
    }

    @Test
    void fromResilience4j() throws Exception {
        // docs:begin from-resilience4j
        RetryRunner prices =
                RetryRunner.builder()
                        .maxAttempts(3)
                        .exponential(Duration.ofMillis(500), 2, Duration.ofSeconds(5))
                        .on(IOException.class)
                        .unless(FileNotFoundException.class)
                        .build();
        String price = prices.call(() -> fetch());
        // docs:end
        assertEquals("answer 3", price);
    }

    @Test
    void fromFailsafe() throws Exception {
        // docs:begin from-failsafe
        RetryRunner connecting =
                RetryRunner.builder()
                        .on(ConnectException.class)
                        .exponential(Duration.ofMillis(100), 2, Duration.ofSeconds(10))
                        .maxRetries(4)
                        .maxDuration(Duration.ofMinutes(1))
                        .build();
        String answer = connecting.call(() -> fetch()); // throws the IOException itself
        // docs:end
        assertEquals("answer 3", answer);
    }

    // docs:begin from-spring
    interface Prices {
        @RetryWith(every = "10ms", on = IOException.class, maxRetries = 4)
        String fetch() throws IOException;
    }

    // docs:end

    @Test
    void fromSpring() throws Exception {
        Prices target = this::fetch;
        // docs:begin from-spring-wrap
        Prices prices = RetryProxy.of(Prices.class, target);
        // docs:end
        assertEquals("answer 3", prices.fetch());
    }
}
