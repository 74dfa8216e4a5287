package dev.reprise.samples.prices;

import dev.reprise.http.HttpRetry;
import dev.reprise.interop.RetryRunner;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** Calls a server of prices with the client of the JDK. */
final class PriceClient {
    private final HttpClient client = HttpClient.newHttpClient();
    private final HttpRetry prices;
    private final URI server;

    PriceClient(RetryRunner retry, URI server) {
        this.prices = new HttpRetry(retry.asRetry());
        this.server = server;
    }

    String price(String article) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(server.resolve(article)));
    }

    /** Orders; with a {@code key} the server recognises a repetition, so it can be sent again. */
    String order(String order, String key) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(server).POST(BodyPublishers.ofString(order));
        return send(key == null ? request : request.header("Idempotency-Key", key));
    }

    private String send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpRequest timed = request.timeout(Duration.ofSeconds(5)).build();
        var response = prices.sendBlocking(client, timed, BodyHandlers.ofString());
        return response.statusCode() + " " + response.body();
    }
}
