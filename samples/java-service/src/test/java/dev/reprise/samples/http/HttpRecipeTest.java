package dev.reprise.samples.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.reprise.interop.RetryRunner;
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
    // docs:begin http-get
    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();

    private String send(HttpRequest.Builder request) throws IOException, InterruptedException {
        request.timeout(Duration.ofSeconds(2));
        return body(client.send(request.build(), BodyHandlers.ofString()));
    }

    private static String body(HttpResponse<String> response) throws HttpStatusException {
        if (response.statusCode() >= 400) {
            long seconds = response.headers().firstValueAsLong("Retry-After").orElse(0);
            throw new HttpStatusException(response.statusCode(), Duration.ofSeconds(seconds));
        }
        return response.body();
    }

    private String get(String url) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(url)));
    }

    // docs:end

    // docs:begin http
    private final RetryRunner prices =
            RetryRunner.builder()
                    .on(IOException.class) // connection failures, timeouts, HttpStatusException
                    .exponential(Duration.ofMillis(100), 2, Duration.ofSeconds(2)) // full jitter
                    .maxAttempts(4)
                    .within(Duration.ofSeconds(10)) // for the whole run, delays included
                    .build();

    // docs:end

    @Test
    void aServerThatIsBusyTwiceAndThenReturnsThePrice() throws Exception {
        try (PriceServer server = new PriceServer(503, 429, 200)) {
            // docs:begin http-call
            String price = prices.call(() -> get(server.url() + "/prices/umbrella"));
            // docs:end
            assertEquals("12 EUR", price);
            assertEquals(3, server.keys.size());
        }
    }

    @Test
    void aPageThatDoesNotExistIsRequestedOnce() throws Exception {
        try (PriceServer server = new PriceServer(404)) {
            assertThrows(HttpStatusException.class, () -> prices.call(() -> get(server.url())));
            assertEquals(1, server.keys.size());
        }
    }

    @Test
    void aFutureOfAResponse() throws Exception {
        try (PriceServer server = new PriceServer(503, 200)) {
            URI uri = URI.create(server.url());
            // docs:begin http-async
            HttpRequest request =
                    HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(2)).build();
            CompletableFuture<String> price =
                    prices.callAsync(
                            () ->
                                    client.sendAsync(request, BodyHandlers.ofString())
                                            .thenCompose(HttpRecipeTest::bodyAsync));
            // docs:end
            assertEquals("12 EUR", price.get());
            assertEquals(2, server.keys.size());
        }
    }

    private static CompletableFuture<String> bodyAsync(HttpResponse<String> response) {
        try {
            return CompletableFuture.completedFuture(body(response));
        } catch (HttpStatusException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Test
    void everyAttemptOfAnOrderSendsTheSameKey() throws Exception {
        try (PriceServer server = new PriceServer(503, 200)) {
            URI uri = URI.create(server.url() + "/orders");
            // docs:begin http-post
            String key = UUID.randomUUID().toString(); // one key for all attempts of this order
            String receipt =
                    prices.call(
                            () ->
                                    send(
                                            HttpRequest.newBuilder(uri)
                                                    .header("Idempotency-Key", key)
                                                    .POST(BodyPublishers.ofString("umbrella"))));
            // docs:end
            assertEquals("12 EUR", receipt);
            assertEquals(List.of(key, key), server.keys);
        }
    }
}
