package dev.reprise.samples.orders;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The payments of the gateway at a URI. */
final class GatewayPayments implements Payments {
    private final HttpClient http = HttpClient.newHttpClient();
    private final URI uri;

    GatewayPayments(URI uri) {
        this.uri = uri;
    }

    @Override
    public CompletionStage<String> charge(String order, String key) {
        HttpRequest request =
                HttpRequest.newBuilder(uri)
                        .header("Idempotency-Key", key)
                        .POST(BodyPublishers.ofString(order))
                        .build();
        return http.sendAsync(request, BodyHandlers.ofString())
                .thenCompose(GatewayPayments::receipt);
    }

    private static CompletionStage<String> receipt(HttpResponse<String> response) {
        return response.statusCode() == 200
                ? CompletableFuture.completedFuture(response.body())
                : CompletableFuture.failedFuture(
                        new IOException("the gateway returned " + response.statusCode()));
    }
}
