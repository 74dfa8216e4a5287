package dev.reprise.samples.tour;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.reprise.NamedPolicies;
import dev.reprise.interop.RetryProxy;
import dev.reprise.interop.RetryRunner;
import dev.reprise.interop.RetryWith;
import dev.reprise.interop.testing.VirtualTime;
import dev.reprise.run.StopSignal;
import java.io.IOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class FirstCallsTest {
    private final String host = "far-end";
    private final VirtualTime time = new VirtualTime();
    private final List<String> log = new ArrayList<>();
    private FarEnd server = new FarEnd(2);

    private String connect(String to) throws ConnectException {
        return to + ": " + server.call();
    }

    @Test
    void reconnectsUntilTheStop() throws Exception {
        server = new FarEnd(0);
        StopSignal shutdown = new StopSignal();
        // docs:begin five-lines
        RetryRunner reconnect =
                RetryRunner.builder()
                        .every(Duration.ofSeconds(60))
                        .on(ConnectException.class)
                        .stopWhen(shutdown)
                        .build();
        var socket = reconnect.call(() -> connect(host));
        // docs:end
        assertEquals("far-end: answer 1", socket);
    }

    @Test
    void oneCallConfiguredAndRunInOneStep() throws Exception {
        server = new FarEnd(1);
        // docs:begin one-off
        String order =
                RetryRunner.builder()
                        .on(IOException.class)
                        .exponential(Duration.ofMillis(100), 2, Duration.ofSeconds(10))
                        .maxAttempts(5)
                        .maxDuration(Duration.ofSeconds(30))
                        .attemptTimeout(Duration.ofSeconds(2))
                        .beforeRetry(
                                e -> log.add("attempt " + e.getNumber() + ": " + e.getFailure()))
                        .build()
                        .call(() -> order(42));
        // docs:end
        assertEquals("order 42: answer 2", order);
        assertEquals(List.of("attempt 1: java.net.ConnectException: refused"), log);
    }

    private String order(int id) throws ConnectException {
        return "order " + id + ": " + server.call();
    }

    @Test
    void theBodyKnowsWhichAttemptItIs() throws Exception {
        RetryRunner reconnect =
                RetryRunner.builder()
                        .every(Duration.ofSeconds(60))
                        .maxAttempts(3)
                        .testing(t -> t.time(time))
                        .build();
        // docs:begin attempt
        String socket =
                reconnect.callWithAttempt(
                        attempt -> {
                            if (attempt.isRetry()) {
                                log.add("once more, after " + attempt.getLastFailure());
                            }
                            return connect(host);
                        });
        // docs:end
        assertEquals("far-end: answer 3", socket);
        assertEquals(2, log.size());
    }

    // docs:begin retryable
    interface Connector {
        @RetryWith(every = "60s", on = ConnectException.class, maxRetries = 3)
        String connect(String host) throws IOException;
    }

    // docs:end

    @Test
    void anInterfaceWithRetries() throws Exception {
        Connector target = this::connect;
        StopSignal shutdown = new StopSignal();
        server = new FarEnd(0);
        // docs:begin wrap
        Connector connector =
                RetryProxy.of(
                        Connector.class, target, (method, builder) -> builder.stopWhen(shutdown));
        var socket = connector.connect(host);
        // docs:end
        assertEquals("far-end: answer 1", socket);
        server = new FarEnd(3);
        Connector timed =
                RetryProxy.of(
                        Connector.class,
                        target,
                        (method, builder) -> builder.testing(t -> t.time(time)));
        assertEquals("far-end: answer 4", timed.connect(host));
        assertEquals(Duration.ofMinutes(3), time.elapsed());
    }

    // docs:begin recover
    interface Prices {
        @RetryWith(value = "prices", recover = "lastKnown")
        String price(String sku) throws IOException;

        default String lastKnown(IOException failure, String sku) {
            return "the price of yesterday";
        }
    }

    // docs:end

    @Test
    void aMethodReplacesTheFailureOfTheRun() throws Exception {
        Prices client = sku -> server.call();
        // docs:begin recover-wrap
        NamedPolicies policies = NamedPolicies.parse(Map.of("prices", "every(1ms) maxAttempts(4)"));
        Prices prices = RetryProxy.of(Prices.class, client, policies);
        // docs:end
        server = new FarEnd(3);
        assertEquals("answer 4", prices.price("42"));
        server = new FarEnd(4);
        assertEquals("the price of yesterday", prices.price("42"));
    }
}
