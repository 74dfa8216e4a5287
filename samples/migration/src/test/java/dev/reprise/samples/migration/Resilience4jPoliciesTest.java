package dev.reprise.samples.migration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.reprise.RetryPolicy;
import java.util.List;
import org.junit.jupiter.api.Test;

final class Resilience4jPoliciesTest {
    private static final String FILE =
            """
            spring.application.name: shop # not ours
            resilience4j:
              circuitbreaker.instances.prices.sliding-window-size: 10
              retry:
                configs:
                  default:
                    max-attempts: 4
                    wait-duration: 100ms
                  patient:
                    maxAttempts: 60
                    waitDuration: PT1M
                instances:
                  prices:
                    enable-exponential-backoff: true
                    exponential-backoff-multiplier: 2
                    exponential-max-wait-duration: 2s
                    retry-exceptions:
                      - java.io.IOException
                      - java.util.concurrent.TimeoutException
                    ignore-exceptions: [java.io.FileNotFoundException]
                    result-predicate: com.acme.Unfinished
                    fail-after-max-attempts: true
                  orders:
                    base-config: patient
                    enable-randomized-wait: true
                    randomized-wait-factor: 0.3
                    "event-consumer-buffer-size": 10
            resilience4j.retry.instances.stock.wait-duration: 250
            """;

    private static final List<String> CONVERTED =
            List.of(
                    "reprise:",
                    "  policies:",
                    "    orders: every(60000ms) jitter(0.3) maxAttempts(60)",
                    "    prices: exponential(100ms, factor=2, max=2s) jitter(none) maxAttempts(4)"
                            + " on(java.io.IOException) on(java.util.concurrent.TimeoutException)"
                            + " unless(java.io.FileNotFoundException)",
                    "    stock: every(250ms) maxAttempts(4)",
                    "# Not converted:",
                    "# orders: event-consumer-buffer-size 10: declare a RetryListener for events",
                    "# prices: result-predicate com.acme.Unfinished: write onResult in code, or"
                            + " reject in the body",
                    "# prices: fail-after-max-attempts: true is the default");

    @Test
    void whatHasANotationIsConvertedAndTheRestIsNamed() {
        assertEquals(CONVERTED, Resilience4jPolicies.convert(FILE.lines().toList()));
    }

    @Test
    void everyConvertedLineIsAPolicy() {
        for (String line : CONVERTED) {
            if (line.startsWith("    ")) {
                RetryPolicy.parse(line.substring(line.indexOf(':') + 1).strip());
            }
        }
    }
}
