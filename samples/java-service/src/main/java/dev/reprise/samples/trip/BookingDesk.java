package dev.reprise.samples.trip;

import dev.reprise.interop.RetryRunner;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** Books and cancels over HTTP, and retries while the server is busy. */
final class BookingDesk {
    private final URI server;
    private final HttpClient http = HttpClient.newHttpClient();
    private final RetryRunner patiently =
            RetryRunner.builder()
                    .on(IOException.class)
                    .every(Duration.ofMillis(20))
                    .maxAttempts(5)
                    .build();

    BookingDesk(URI server) {
        this.server = server;
    }

    String book(String what, String who) throws Exception {
        URI booking = server.resolve(what + "/" + who);
        return ask(HttpRequest.newBuilder(booking).PUT(BodyPublishers.noBody()).build());
    }

    void cancel(String booking) throws Exception {
        ask(HttpRequest.newBuilder(server.resolve(booking)).DELETE().build());
    }

    private String ask(HttpRequest request) throws Exception {
        return patiently.call(() -> answer(http.send(request, BodyHandlers.ofString())));
    }

    private static String answer(HttpResponse<String> response)
            throws IOException, SoldOutException {
        return switch (response.statusCode()) {
            case 200 -> response.body();
            case 409 -> throw new SoldOutException(response.body());
            default -> throw new IOException("the server returned " + response.statusCode());
        };
    }
}
