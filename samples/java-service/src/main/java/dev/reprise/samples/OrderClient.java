package dev.reprise.samples;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Orders over HTTP. One call is one request: the caller decides about retries. */
final class OrderClient implements Orders {
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI server;

    OrderClient(URI server) {
        this.server = server;
    }

    @Override
    public CompletableFuture<String> place(String order) {
        HttpRequest request =
                HttpRequest.newBuilder(server).POST(BodyPublishers.ofString(order)).build();
        return http.sendAsync(request, BodyHandlers.ofString()).thenCompose(OrderClient::receipt);
    }

    private static CompletableFuture<String> receipt(HttpResponse<String> response) {
        return switch (response.statusCode()) {
            case 200 -> CompletableFuture.completedFuture(response.body());
            case 503 ->
                    CompletableFuture.failedFuture(
                            new BusyException(
                                    Duration.ofSeconds(
                                            response.headers()
                                                    .firstValueAsLong("Retry-After")
                                                    .orElse(0))));
            default ->
                    CompletableFuture.failedFuture(
                            new IOException("the server returned " + response.statusCode()));
        };
    }
}
