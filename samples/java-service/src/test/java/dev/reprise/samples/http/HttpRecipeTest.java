package dev.reprise.samples.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.reprise.RetryPolicy;
import dev.reprise.http.HttpRetry;
import dev.reprise.http.HttpRules;
import dev.reprise.interop.RetryRunner;
import dev.reprise.policy.RetryExhaustedException;
import dev.reprise.policy.TransientFailures;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class HttpRecipeTest {
    // docs:begin http-client
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();

    // docs:end

    // docs:begin http
    private final HttpRetry prices =
            new HttpRetry(
                    RetryPolicy.builder()
                            .exponential(Duration.ofMillis(100), 2, Duration.ofSeconds(2))
                            .maxAttempts(4)
                            .maxDuration(Duration.ofSeconds(10)) // for the whole run
                            .build());

    // docs:end

    private HttpResponse<String> get(String url) throws IOException, InterruptedException {
        // docs:begin http-call
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(2)).build();
        HttpResponse<String> response =
                prices.sendBlocking(client, request, BodyHandlers.ofString());
        // docs:end
        return response;
    }

    @Test
    void aServerThatIsBusyTwiceAndThenReturnsThePrice() throws Exception {
        try (PriceServer server = new PriceServer(503, 429, 200)) {
            assertEquals("12 EUR", get(server.url() + "/prices/umbrella").body());
            assertEquals(3, server.keys.size());
        }
    }

    @Test
    void aPageThatDoesNotExistIsRequestedOnce() throws Exception {
        try (PriceServer server = new PriceServer(404)) {
            assertEquals(404, get(server.url()).statusCode());
            assertEquals(1, server.keys.size());
        }
    }

    @Test
    void aFutureOfAResponse() throws Exception {
        try (PriceServer server = new PriceServer(503, 200)) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(server.url())).build();
            // docs:begin http-async
            CompletableFuture<String> price =
                    prices.sendAsync(client, request, BodyHandlers.ofString())
                            .thenApply(HttpResponse::body);
            // docs:end
            assertEquals("12 EUR", price.get());
            assertEquals(2, server.keys.size());
        }
    }

    @Test
    void everyAttemptOfAnOrderSendsTheSameKey() throws Exception {
        try (PriceServer server = new PriceServer(503, 200)) {
            URI uri = URI.create(server.url() + "/orders");
            // docs:begin http-post
            String key = UUID.randomUUID().toString(); // one key for all attempts of this order
            HttpRequest order =
                    HttpRequest.newBuilder(uri)
                            .header("Idempotency-Key", key)
                            .POST(BodyPublishers.ofString("one umbrella"))
                            .build();
            HttpResponse<String> receipt =
                    prices.sendBlocking(client, order, BodyHandlers.ofString());
            // docs:end
            assertEquals("12 EUR", receipt.body());
            assertEquals(List.of(key, key), server.keys);
        }
    }

    @Test
    void otherRulesAndAnExceptionForAStatus() throws Exception {
        try (PriceServer server = new PriceServer(500)) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(server.url())).build();
            // docs:begin http-rules
            HttpRules rules =
                    HttpRules.DEFAULT
                            .retrying(500) // for idempotent requests
                            .notRetrying(408)
                            .idempotencyKeys("X-Request-Id");
            HttpRetry strict =
                    new HttpRetry(RetryPolicy.builder().maxAttempts(3).build(), rules)
                            .throwing() // RetryExhaustedException instead of the last 500
                            .attemptHeader("X-Attempt");
            // docs:end
            assertThrows(
                    RetryExhaustedException.class,
                    () -> strict.sendBlocking(client, request, BodyHandlers.ofString()));
            assertEquals(3, server.keys.size());
        }
    }

    @Test
    void anotherClientThrowsWhatTheRulesJudge() {
        // docs:begin http-other
        RetryRunner other =
                RetryRunner.builder()
                        // connections; HttpStatusException decides for itself
                        .on(TransientFailures.HTTP)
                        .exponential(Duration.ofMillis(100), 2, Duration.ofSeconds(2))
                        .maxAttempts(4)
                        .build();
        // docs:end
        int[] calls = {0};
        assertThrows(
                HttpStatusException.class,
                () ->
                        other.run(
                                () -> {
                                    int status = calls[0]++ == 0 ? 429 : 404;
                                    throw new HttpStatusException(status, true, "0");
                                }));
        assertEquals(2, calls[0]);
    }
}
